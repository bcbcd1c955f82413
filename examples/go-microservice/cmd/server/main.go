// Command server answers over HTTP when a cron schedule fires next, a time a line:
//
//	GET /next?schedule=0+9+*+*+1-5&zone=Europe/Berlin&count=3
//
// With -healthcheck it asks a server that runs beside it, and exits with 0 or 1.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.com/go-microservice/internal/next"
)

// Less than the ten seconds after which `docker stop` kills.
const shutdownTimeout = 8 * time.Second

func main() {
	healthcheck := flag.Bool("healthcheck", false, "ask the running server whether it is well")
	flag.Parse()
	run := serve
	if *healthcheck {
		run = probe
	}
	if err := run(port()); err != nil {
		log.Fatal(err)
	}
}

func port() string {
	if port := os.Getenv("PORT"); port != "" {
		return port
	}
	return "8080"
}

func serve(port string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{
		Addr:              ":" + port,
		Handler:           handler(time.Now),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Println("listening on port", port)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Println("stopping")
	deadline, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return server.Shutdown(deadline)
}

// probe asks without an http.Client, which would make the program 0.3 MB larger.
func probe(port string) error {
	const timeout = 2 * time.Second
	connection, err := net.DialTimeout("tcp", "127.0.0.1:"+port, timeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(timeout))
	fmt.Fprint(connection, "GET /health HTTP/1.0\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func handler(now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "When does a schedule fire next? Ask /next?schedule=0+9+*+*+1-5&zone=Europe/Berlin&count=3")
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /next", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		zone, count := "UTC", 1
		if query.Has("zone") {
			zone = query.Get("zone")
		}
		if query.Has("count") {
			count, _ = strconv.Atoi(query.Get("count"))
		}
		times, err := next.Times(query.Get("schedule"), zone, now(), count)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, at := range times {
			fmt.Fprintln(w, at.Format(time.RFC3339))
		}
	})
	return mux
}

// Command clock answers with the time of day in any time zone: GET /?zone=Europe/Berlin
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "-healthcheck" {
		response, err := http.Get("http://127.0.0.1:8080/")
		if err != nil || response.StatusCode != http.StatusOK {
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server := &http.Server{Addr: ":8080", Handler: http.HandlerFunc(answer)}
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	fmt.Println("clock listens on 8080")
	server.ListenAndServe()
}

func answer(w http.ResponseWriter, r *http.Request) {
	zone, err := time.LoadLocation(r.URL.Query().Get("zone"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, "clock:", time.Now().In(zone).Format(time.RFC1123))
}

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHandler(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		path   string
		status int
		want   string
	}{
		{"/", http.StatusOK, "When does a schedule fire next?"},
		{"/health", http.StatusOK, "ok\n"},
		{"/next?schedule=0+9+*+*+1-5", http.StatusOK, "2026-11-30T09:00:00Z\n"},
		{"/next?schedule=30+8+*+*+*&zone=Asia/Kolkata&count=2", http.StatusOK, "2026-11-28T08:30:00+05:30\n2026-11-29T08:30:00+05:30\n"},
		{"/next?schedule=0+0+30+2+*", http.StatusOK, ""},
		{"/next?schedule=sometimes", http.StatusBadRequest, "expected exactly 5 fields"},
		{"/next?schedule=*+*+*+*+*&count=many", http.StatusBadRequest, "count must be from 1 to 100"},
		{"/nothing", http.StatusNotFound, "not found"},
	} {
		t.Run(test.path, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			handler(now).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, test.path, nil))
			if recorder.Code != test.status || !strings.Contains(recorder.Body.String(), test.want) {
				t.Errorf("got %d %s, want %d %s", recorder.Code, recorder.Body, test.status, test.want)
			}
		})
	}
}

func TestProbe(t *testing.T) {
	server := httptest.NewServer(handler(time.Now))
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	if err := probe(port); err != nil {
		t.Error(err)
	}
	server.Close()
	if probe(port) == nil {
		t.Error("it succeeds although nobody answers")
	}
}

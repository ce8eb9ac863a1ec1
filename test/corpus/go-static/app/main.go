// A list of links: one static program that is a server and a command-line tool.
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"mime"
	"net"
	"net/http"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"

	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"path/filepath"
)

//go:embed words/*.txt
var words embed.FS

func main() {
	if len(os.Args) > 1 && os.Args[1] == "version" {
		fmt.Println("links 1.0")
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "word" {
		text, err := words.ReadFile("words/" + os.Args[2] + ".txt")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Stdout.Write(text)
		return
	}
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		<-signals
		os.Exit(0)
	}()
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "fine") })
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	http.HandleFunc("/", page)
	for name, tool := range tools {
		tool := tool
		http.HandleFunc("/tools/"+name, func(w http.ResponseWriter, r *http.Request) {
			value, err := tool(r)
			if err != nil {
				http.Error(w, err.Error(), 500)
				return
			}
			json.NewEncoder(w).Encode(value)
		})
	}
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":8080", nil))
	os.Exit(1)
}

func page(w http.ResponseWriter, r *http.Request) {
	name := "index.html"
	status := 200
	if r.URL.Path != "/" {
		name, status = "missing.html", 404
	}
	pages, err := template.ParseFiles(filepath.Join("templates", "layout.html"), filepath.Join("templates", name))
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	pages.ExecuteTemplate(w, "layout.html", map[string]any{"Path": r.URL.Path, "Links": []string{"one", "two"}})
}

var tools = map[string]func(*http.Request) (any, error){
	"zone": func(r *http.Request) (any, error) {
		place, err := time.LoadLocation(r.URL.Query().Get("name"))
		if err != nil {
			return nil, err
		}
		return time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC).In(place).Format(time.RFC3339), nil
	},
	"type": func(r *http.Request) (any, error) { return mime.TypeByExtension(r.URL.Query().Get("name")), nil },
	"authorities": func(*http.Request) (any, error) {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		return len(pool.Subjects()) > 100, nil
	},
	"distrust": func(*http.Request) (any, error) {
		server := httptest.NewTLSServer(http.NotFoundHandler())
		defer server.Close()
		_, err := tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{ServerName: "example.com"})
		return err != nil, nil
	},
	"host": func(*http.Request) (any, error) { return net.LookupHost("localhost") },
	"user": func(*http.Request) (any, error) {
		found, err := user.LookupId("33")
		if err != nil {
			return nil, err
		}
		return found.Username, nil
	},
	"service": func(r *http.Request) (any, error) { return net.LookupPort("tcp", r.URL.Query().Get("name")) },
	"temporary": func(*http.Request) (any, error) {
		directory, err := os.MkdirTemp("", "links")
		if err != nil {
			return nil, err
		}
		return filepath.Dir(directory), os.Remove(directory)
	},
}

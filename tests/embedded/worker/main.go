package main

import (
	"flag"
	"log"
	"net/http"
)

func main() {
	port := flag.String("port", "8080", "where to listen")
	flag.Parse()
	log.Fatal(http.ListenAndServe(":"+*port, http.NotFoundHandler()))
}

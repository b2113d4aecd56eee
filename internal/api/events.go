package api

import "entente/internal/exchange"

// EventOptions bound the streams of events.
type EventOptions struct{}

type streams struct{}

func newStreams(*exchange.Service, Options) *streams { return &streams{} }

func (s *Server) registerEvents() {}

// Close ends the streams.
func (s *Server) Close() {}

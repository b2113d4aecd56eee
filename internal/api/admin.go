package api

func (s *Server) registerAdmin() {}

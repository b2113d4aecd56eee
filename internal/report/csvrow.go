package report

// AppendCSVRow appends one row of a table to dst, as [NewCSV] writes it: safe for spreadsheets, ended by CRLF.
func AppendCSVRow(dst []byte, cells ...string) []byte { return appendRow(dst, cells...) }

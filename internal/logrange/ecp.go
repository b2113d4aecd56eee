package logrange

import "strconv"

// Exchange ECP Server logs: Logging\ECP\Server\ECPServerYYYYMMDD-1.LOG.

func newECPLog(h *host) *logFile {
	return &logFile{
		h: h, format: ECP, every: day, name: "stream",
		nameAt: func(dst []byte, t ticks) []byte {
			b := h.clock.at(t)
			dst = append(dst, h.name+"/ECP/Server/ECPServer"...)
			dst = append(dst, b[0:4]...)
			dst = append(dst, b[5:7]...)
			dst = append(dst, b[8:10]...)
			return append(dst, "-1.LOG"...)
		},
		header: func(dst []byte, t ticks) []byte {
			dst = append(dst, "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2106.002\r\n#Log-type: ECP Server Log\r\n#Date: "...)
			dst = h.clock.rfc3339Milli(dst, t)
			return append(dst, "\r\n#Fields: TimeStamp,ServerName,EventId,EventData\r\n"...)
		},
	}
}

// ecpCall logs a request to the control panel and the cmdlet it runs; parameters are as they hang on the cmdlet:
// .ExternalUrl='…'.Identity='…'.
func (w *webServer) ecpCall(cmdlet, parameters string, who *account, url string, taken int) {
	if w.ecp == nil {
		return
	}
	h := w.h
	d := append(w.scratch[:0], "S:TIME="...)
	d = strconv.AppendInt(d, int64(taken), 10)
	d = append(d, ";S:SID="...)
	d = append(d, who.sidText...)
	d = append(d, ";S:CMD="...)
	d = append(d, cmdlet...)
	d = append(d, parameters...)
	d = append(d, ";S:REQID=;S:URL="...)
	d = append(d, url...)
	d = append(d, ";S:EX=;S:ACTID="...)
	d = appendGUID(d, randomGUID(h.rand), lowerHex)
	d = append(d, ";S:RS=0;S:BLD=15.1.2106.2"...)
	w.scratch = d

	b := w.ecp.begin(h.now)
	b = h.clock.rfc3339Milli(b, h.now)
	b = append(b, ',')
	b = append(b, h.upper...)
	b = append(b, ",ECP.Request,"...)
	b = appendCSV(b, d)
	w.ecp.end(append(b, '\r', '\n'), 1)
}

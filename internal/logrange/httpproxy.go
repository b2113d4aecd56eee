package logrange

import "strconv"

// Exchange HttpProxy logs: Logging\HttpProxy\PROTOCOL\HttpProxy_YYYYMMDDHH-1.LOG.

const proxyFields = "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction," +
	"AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus," +
	"ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingType,RoutingHint,BackEndCookie,ServerLocatorHost,ServerLocatorLatency," +
	"RequestBytes,ResponseBytes,TargetOutstandingRequests,AuthModulePerfContext,HttpPipelineLatency,CalculateTargetBackEndLatency,GlsLatencyBreakup," +
	"TotalGlsLatency,AccountForestLatencyBreakup,TotalAccountForestLatency,ResourceForestLatencyBreakup,TotalResourceForestLatency,ADLatency," +
	"SharedCacheLatencyBreakup,TotalSharedCacheLatency,ActivityContextLifeTime,ModuleToHandlerSwitchingLatency,ClientReqStreamLatency," +
	"BackendReqInitLatency,BackendReqStreamLatency,BackendProcessingLatency,BackendRespInitLatency,BackendRespStreamLatency,ClientRespStreamLatency," +
	"KerberosAuthHeaderLatency,HandlerCompletionLatency,RequestHandlerLatency,HandlerToModuleSwitchingLatency,ProxyTime,CoreLatency,RoutingLatency," +
	"HttpProxyOverhead,TotalRequestTime,RouteRefresherLatency,UrlQuery,BackEndGenericInfo,GenericInfo,GenericErrors,EdgeTraceId,DatabaseGuid," +
	"UserADObjectGuid,PartitionEndpointLookupLatency,RoutingStatus"

func newProxyLog(h *host, protocol string) *logFile {
	return &logFile{
		h: h, format: HTTPProxy, every: hour, name: "stream",
		nameAt: func(dst []byte, t ticks) []byte {
			dst = append(dst, h.name+"/HttpProxy/"+protocol+"/HttpProxy_"...)
			return append(appendHour(dst, h, t), "-1.LOG"...)
		},
		header: func(dst []byte, t ticks) []byte {
			dst = append(dst, "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2106.002\r\n#Log-type: HttpProxy Logs\r\n#Date: "...)
			dst = h.clock.rfc3339Milli(dst, t)
			return append(dst, "\r\n#Fields: "+proxyFields+"\r\n"...)
		},
	}
}

// appendHour appends 2021030306.
func appendHour(dst []byte, h *host, t ticks) []byte {
	b := h.clock.at(t)
	dst = append(dst, b[0:4]...)
	dst = append(dst, b[5:7]...)
	dst = append(dst, b[8:10]...)
	return append(dst, b[11:13]...)
}

// proxied logs a request that the front end handled.
func (w *webServer) proxied(l *logFile, q *request) {
	h, r := w.h, w.h.rand
	b := l.begin(h.now)
	b = h.clock.rfc3339Milli(b, h.now)
	b = append(b, ',')
	b = appendGUID(b, q.id, lowerHex)
	b = append(b, ",15,1,2106,2,,"...)
	b = append(b, q.protocol...)
	if q.internal {
		b = append(b, ",localhost,"...)
	} else {
		b = append(b, ","+mailSite+","...)
	}
	b = appendCSV(b, q.stem)
	b = append(b, ",,"...)
	b = append(b, q.auth...)
	if q.auth != "" {
		b = append(b, ",true,"...)
		b = append(b, q.user...)
		b = append(b, ","+domainDNS+","...)
	} else {
		b = append(b, ",false,,,"...)
	}
	b = appendCSV(b, q.mailbox)
	b = append(b, ',')
	b = appendNoComma(b, q.agent)
	b = append(b, ',')
	b = append(b, q.from...)
	b = append(b, ',')
	b = append(b, h.upper...)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(q.status), 10)
	b = append(b, ',')
	if q.backEnd != "" {
		b = strconv.AppendInt(b, int64(q.status), 10)
	}
	b = append(b, ',')
	b = append(b, q.errCode...)
	b = append(b, ',')
	b = append(b, q.method...)
	if q.backEnd != "" {
		b = append(b, ",Proxy,"...)
		b = append(b, h.fqdn...)
		b = append(b, ",15.01.2106.000,IntraForest,"...)
	} else {
		b = append(b, ",,,,,"...)
	}
	b = append(b, q.hint...)
	b = append(b, ',')
	b = appendCSV(b, q.cookie)
	b = append(b, ",,,"...)
	b = strconv.AppendInt(b, int64(q.in), 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(q.out), 10)
	b = append(b, ",1,,0,"...)
	x := r.next()
	b = strconv.AppendUint(b, x&7, 10)
	b = append(b, ",,0,"...)
	b = strconv.AppendUint(b, 1+x>>3&7, 10)
	b = append(b, ";,"...)
	b = strconv.AppendUint(b, 1+x>>3&7, 10)
	b = append(b, ",,0,"...)
	b = strconv.AppendUint(b, x>>6&7, 10)
	b = append(b, ",,0,"...)
	b = strconv.AppendInt(b, int64(q.taken), 10)
	b = append(b, ",0,0,0,0,"...)
	b = strconv.AppendInt(b, int64(q.taken), 10)
	b = append(b, ",0,0,0,0,"...)
	b = strconv.AppendUint(b, x>>9&3, 10)
	b = append(b, ",1,0,"...)
	b = strconv.AppendInt(b, int64(q.taken), 10)
	b = append(b, ",2,1,3,"...)
	b = strconv.AppendInt(b, int64(q.taken)+2, 10)
	b = append(b, ",,"...)
	if q.query != "" {
		b = appendCSV(b, "?"+q.query)
	}
	b = append(b, ",,BeginRequest="...)
	b = h.clock.rfc3339Milli(b, h.now)
	b = append(b, ";CorrelationID=<empty>;ProxyState-Run=None;ProxyState-Complete=CalculateBackEnd;EndRequest="...)
	b = h.clock.rfc3339Milli(b, h.now+ticks(q.taken)*milli)
	b = append(b, ";,,,,,,"...)
	l.end(append(b, '\r', '\n'), 1)
}

// appendCSV appends a field, quoted where it has to be.
func appendCSV[T string | []byte](dst []byte, s T) []byte {
	quote := false
	for i := range len(s) {
		if c := s[i]; c == ',' || c == '"' || c == '\r' || c == '\n' {
			quote = true
			break
		}
	}
	if !quote {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// appendNoComma appends s with a blank for each comma, as Exchange writes user agents.
func appendNoComma(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c == ',' {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

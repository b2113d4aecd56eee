package taxonomy

import (
	"bytes"
	"encoding/hex"
)

// integrityName names a mandatory label ([MS-DTYP] 2.4.2.4), given as SID or in the words of a rendered message.
func integrityName(t []byte) string {
	const words = `Mandatory Label\`
	if hasPrefixFold(t, words) {
		for _, n := range [...]string{"Untrusted", "Low", "Medium Plus", "Medium", "High", "System", "Protected Process"} {
			if hasPrefixFold(t[len(words):], n) {
				return n
			}
		}
		return ""
	}
	switch string(t) {
	case "S-1-16-0":
		return "Untrusted"
	case "S-1-16-4096":
		return "Low"
	case "S-1-16-8192":
		return "Medium"
	case "S-1-16-8448":
		return "Medium Plus"
	case "S-1-16-12288":
		return "High"
	case "S-1-16-16384":
		return "System"
	case "S-1-16-20480":
		return "Protected Process"
	default:
		return ""
	}
}

func appendProcessUser(dst, tsid, tdomain, tname, ssid, sdomain, sname []byte) []byte {
	sid, domain, name := ssid, sdomain, sname
	if given(tname) {
		// Windows writes the null SID beside a target that it has not looked up; the machine's own account is then
		// the same as the creator's.
		if !bytes.Equal(tname, sname) || given(tsid) && string(tsid) != "S-1-0-0" {
			sid = tsid
		}
		domain, name = tdomain, tname
	}
	switch string(sid) {
	case "S-1-5-18":
		return append(dst, `NT AUTHORITY\SYSTEM`...)
	case "S-1-5-19":
		return append(dst, `NT AUTHORITY\LOCAL SERVICE`...)
	case "S-1-5-20":
		return append(dst, `NT AUTHORITY\NETWORK SERVICE`...)
	}
	return appendAccount(dst, domain, name)
}

func appendDevicePath(dst, t []byte) []byte {
	const p = `\device\harddiskvolume`
	if !hasPrefixFold(t, p) {
		return append(dst, t...)
	}
	rest := t[len(p):]
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n == 0 || n == len(rest) || rest[n] != '\\' {
		return append(dst, t...)
	}
	return append(append(dst, "C:"...), rest[n:]...)
}

func protocolName(t []byte) string {
	switch string(t) {
	case "1":
		return "icmp"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "58":
		return "ipv6-icmp"
	default:
		return ""
	}
}

// defenderPath takes the file of Defender's list of resources, e.g. containerfile:_C:\a.zip; file:_C:\a.zip->b.exe.
func defenderPath(t []byte) []byte {
	const mark = "file:_"
	i := 0
	for ; ; i++ {
		j := bytes.Index(t[i:], []byte(mark))
		if j < 0 {
			return t
		}
		i += j
		// containerfile: is one as well, but a file of its own is better.
		if i == 0 || !wordByte(t[i-1]) {
			break
		}
		if !bytes.Contains(t[i+1:], []byte(mark)) {
			break
		}
	}
	t = t[i+len(mark):]
	if j := bytes.Index(t, []byte("; ")); j >= 0 {
		t = t[:j]
	}
	return t
}

func appendRegistryPath(dst, key, value []byte) []byte {
	const machine, user = `\REGISTRY\MACHINE`, `\REGISTRY\USER`
	const machineName, userName, ownName, shortName = "HKEY_LOCAL_MACHINE", "HKEY_USERS", "HKEY_CURRENT_USER", "HKLM"
	switch {
	case rootKey(key, machine), rootKey(key, machineName), rootKey(key, shortName):
		dst = append(dst, "HKLM"...)
		switch {
		case rootKey(key, machine):
			key = key[len(machine):]
		case rootKey(key, machineName):
			key = key[len(machineName):]
		default:
			key = key[len(shortName):]
		}
		const set = `\SYSTEM\ControlSet00`
		if n := len(set); hasPrefixFold(key, set) && len(key) > n && key[n] >= '0' && key[n] <= '9' &&
			(len(key) == n+1 || key[n+1] == '\\') {
			dst = append(dst, `\System\CurrentControlSet`...)
			key = key[n+1:]
		}
	case rootKey(key, user):
		dst = append(dst, "HKU"...)
		key = key[len(user):]
	case rootKey(key, userName):
		dst = append(dst, "HKU"...)
		key = key[len(userName):]
	case hasPrefixFold(key, ownName+`\S-1-`): // as Defender has it: whose it is stands there
		dst = append(dst, "HKU"...)
		key = key[len(ownName):]
	case rootKey(key, ownName):
		dst = append(dst, "HKCU"...)
		key = key[len(ownName):]
	}
	dst = append(dst, key...)
	if len(value) > 0 {
		dst = append(append(dst, '\\'), value...)
	}
	return dst
}

// rootKey says that key is root or stands below it.
func rootKey(key []byte, root string) bool {
	return hasPrefixFold(key, root) && (len(key) == len(root) || key[len(root)] == '\\')
}

func appendRegistryData(dst, kind, data []byte) []byte {
	switch string(kind) {
	case "%%1875", "%%1879", "Binary", "MultiString": // REG_BINARY, REG_MULTI_SZ, and as Defender calls them
		return append(dst, "Binary Data"...)
	case "%%1876", "Dword": // REG_DWORD
		if u, ok := parseUint(data); ok && u < 1<<32 {
			dst = appendHexWord(append(dst, "DWORD ("...), uint32(u))
			return append(dst, ')')
		}
	case "%%1883", "Qword": // REG_QWORD
		if u, ok := parseUint(data); ok {
			dst = appendHexWord(append(dst, "QWORD ("...), uint32(u>>32))
			dst = appendHexWord(append(dst, '-'), uint32(u))
			return append(dst, ')')
		}
	}
	return append(dst, data...)
}

func parseUint(t []byte) (u uint64, ok bool) {
	if u, ok := parseHex(t); ok {
		return u, true
	}
	if len(t) == 0 || len(t) > 19 {
		return 0, false
	}
	for _, c := range t {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	return u, true
}

func appendHexWord(dst []byte, u uint32) []byte {
	b := [4]byte{byte(u >> 24), byte(u >> 16), byte(u >> 8), byte(u)}
	dst = append(dst, "0x"...)
	return hex.AppendEncode(dst, b[:])
}

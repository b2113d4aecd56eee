package logrange

import "strconv"

// Access log of Apache and nginx, combined format.

// hit is one request to the web server on Linux.
type hit struct {
	from, method, path, referer, agent string
	status, size                       int
}

func (l *linux) log(q hit) {
	if l.access == nil {
		return
	}
	h := l.h
	b := l.access.begin(h.now)
	b = append(b, q.from...)
	c := h.clock.at(h.now)
	b = append(b, " - - ["...)
	b = append(b, c[8:10]...)
	b = append(b, '/')
	b = append(b, monthNames[int(c[5]-'0')*10+int(c[6]-'0')-1]...)
	b = append(b, '/')
	b = append(b, c[0:4]...)
	b = append(b, ':')
	b = append(b, c[11:19]...)
	b = append(b, ` +0000] "`...)
	b = append(b, q.method...)
	b = append(b, ' ')
	b = append(b, q.path...)
	b = append(b, ` HTTP/1.1" `...)
	b = strconv.AppendInt(b, int64(q.status), 10)
	b = append(b, ' ')
	if q.size == 0 {
		b = append(b, '-')
	} else {
		b = strconv.AppendInt(b, int64(q.size), 10)
	}
	b = append(b, ` "`...)
	if q.referer == "" {
		b = append(b, '-')
	}
	b = append(b, q.referer...)
	b = append(b, `" "`...)
	b = append(b, q.agent...)
	l.access.end(append(b, '"', '\n'), 1)
	h.pause(0, 20*milli)
}

var pages = []string{
	"/", "/about/", "/contact/", "/news/", "/news/spring-market/", "/products/", "/products/lantern/", "/products/harbour-chair/", "/search?q=lantern",
	"/search?q=oak+table&page=2", "/cart/", "/account/login", "/blog/2021/02/how-we-ship/", "/blog/2021/01/new-workshop/", "/imprint/",
}

var assets = []string{
	"/static/css/site.9f2c1.css", "/static/js/app.41ab0.js", "/static/js/vendor.77c21.js", "/static/img/logo.svg", "/static/img/hero.jpg",
	"/static/fonts/body.woff2", "/favicon.ico", "/static/img/icons.png",
}

const publicSite = "https://www.example.org"

// pageView is a visitor who opens a page: the page, and some of what is on it.
func (l *linux) pageView() {
	r := l.h.rand
	from := string(appendOutside(nil, r))
	agent := pick(r, browsers)
	page := pick(r, pages)
	q := hit{from: from, method: "GET", path: page, agent: agent, status: 200, size: r.between(4000, 60000)}
	if r.permille(400) {
		q.referer = publicSite + pick(r, pages)
	}
	if r.permille(60) {
		q.method, q.path, q.status, q.size = "POST", "/account/login", 302, 0
	}
	l.log(q)
	for range r.below(6) {
		a := hit{from: from, method: "GET", path: pick(r, assets), agent: agent, referer: publicSite + page, status: 200, size: r.between(300, 90000)}
		if r.permille(300) {
			a.status, a.size = 304, 0
		}
		l.log(a)
	}
}

func (l *linux) crawl() {
	r := l.h.rand
	q := hit{from: string(appendOutside(nil, r)), method: "GET", path: pick(r, pages), agent: pick(r, crawlers), status: 200, size: r.between(4000, 60000)}
	if r.permille(200) {
		q.path, q.size = "/robots.txt", 68
	}
	l.log(q)
}

var missing = []string{"/old/index.html", "/apple-touch-icon.png", "/ads.txt", "/feed/", "/products/withdrawn-bench/", "/sitemap.xml.gz"}

func (l *linux) scanned() {
	r := l.h.rand
	l.log(hit{from: string(appendOutside(nil, r)), method: "GET", path: pick(r, missing), agent: pick(r, browsers), status: 404, size: 512})
}

func (l *linux) checked() {
	l.log(hit{from: "10.20.1.5", method: "GET", path: "/healthz", agent: "LB-Check/1.0", status: 200, size: 2})
}

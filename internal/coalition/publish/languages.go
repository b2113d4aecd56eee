package publish

import "strings"

// languageNames are languages by their tag (BCP 47), as those who speak them write them.
var languageNames = map[string]string{
	"ar": "العربية", "bg": "Български", "bs": "Bosanski", "ca": "Català", "cs": "Čeština", "cy": "Cymraeg", "da": "Dansk", "de": "Deutsch",
	"el": "Ελληνικά", "en": "English", "es": "Español", "et": "Eesti", "fa": "فارسی", "fi": "Suomi", "fr": "Français", "ga": "Gaeilge",
	"he": "עברית", "hi": "हिन्दी", "hr": "Hrvatski", "hu": "Magyar", "id": "Bahasa Indonesia", "is": "Íslenska", "it": "Italiano",
	"ja": "日本語", "ka": "ქართული", "ko": "한국어", "lb": "Lëtzebuergesch", "lt": "Lietuvių", "lv": "Latviešu", "mi": "Te reo Māori",
	"mk": "Македонски", "mt": "Malti", "nb": "Norsk bokmål", "nl": "Nederlands", "nn": "Norsk nynorsk", "no": "Norsk", "pl": "Polski",
	"pt": "Português", "ro": "Română", "ru": "Русский", "se": "Davvisámegiella", "sk": "Slovenčina", "sl": "Slovenščina", "sq": "Shqip",
	"sr": "Српски", "sv": "Svenska", "th": "ไทย", "tl": "Tagalog", "tr": "Türkçe", "uk": "Українська", "vi": "Tiếng Việt", "zh": "中文",
}

// languageName is what a language is called: by its own name, or by its tag.
func languageName(tag string) string {
	base, rest, more := strings.Cut(tag, "-")
	n, ok := languageNames[strings.ToLower(base)]
	switch {
	case !ok:
		return tag
	case more:
		return n + " (" + rest + ")"
	}
	return n
}

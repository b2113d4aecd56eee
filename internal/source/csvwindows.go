package source

import "entente/internal/event"

type windowsRow struct{ names *event.Names }

func newWindowsRow(names *event.Names) windowsRow { return windowsRow{names} }

func (w *windowsRow) finish(ev *event.Event, kind csvKind, payload int, scratch *[]byte) {}

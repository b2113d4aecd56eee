package sigma

import "testing"

func TestTimePart(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|minute: 5`, want: `the minute of F = 5`},
		{entry: `F|hour: [1, 2]`, want: `(the hour of F = 1 or the hour of F = 2)`},
		{entry: `F|hour|gte: 22`, want: `the hour of F >= 22`},
		{entry: `F|day|lt: 5`, want: `the day of F < 5`},
		{entry: `F|week: 53`, want: `the week of F = 53`},
		{entry: `F|month|lte: 6`, want: `the month of F <= 6`},
		{entry: `F|year|gt: 2020`, want: `the year of F > 2020`},
		{entry: `F|hour: x`, fault: `hour in "F|hour" wants a whole number, not "x"`},
		{entry: `F|hour: 1.5`, fault: `wants a whole number`},
		{entry: `F|hour: null`, fault: `cannot be used with null`},
		{entry: `F|gte|hour: 5`, fault: `cannot be used with a comparison`},
		{entry: `F|hour|day: 5`, fault: `cannot be used with a part of a time`},
	})
	checkMatches(t, `F|hour|gte: 22`,
		[]any{"2024-05-01T22:00:00Z", "2024-05-01 23:59:59.123", "2024-05-01T23:30:00+01:00", "5/1/2024 10:05:00 PM"},
		[]any{"2024-05-01T21:59:59Z", "2024-05-02T00:30:00+01:00x", "", "x", nil, "22"})
	checkMatches(t, `F|minute: 7`, []any{"2024-05-01T22:07:59Z"}, []any{"2024-05-01T07:00:00Z"})
	checkMatches(t, `F|day: 1`, []any{"2024-05-01T22:07:59Z", "2024-04-30T23:30:00-02:00"}, []any{"2024-05-02T00:00:00Z"})
	checkMatches(t, `F|week: 1`, []any{"2024-12-30T00:00:00Z"}, []any{"2024-12-29T00:00:00Z"}) // ISO 8601
	checkMatches(t, `F|month: 12`, []any{"2024-12-30T00:00:00Z"}, []any{"2024-01-01T00:00:00Z"})
	checkMatches(t, `F|year: 2024`, []any{"1714600000"}, []any{"1614600000"})
}

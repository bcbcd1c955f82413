package next

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	from := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, schedule, zone string
		count                int
		want                 []string
	}{
		{"days", "0 9 * * 1-5", "UTC", 2, []string{"2026-03-30T09:00:00Z", "2026-03-31T09:00:00Z"}},
		{"summer time begins", "0 9 * * *", "Europe/Berlin", 2, []string{"2026-03-28T09:00:00+01:00", "2026-03-29T09:00:00+02:00"}},
		{"a day that never comes", "0 0 30 2 *", "UTC", 3, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			times, err := Times(test.schedule, test.zone, from, test.count)
			if err != nil {
				t.Fatal(err)
			}
			if len(times) != len(test.want) {
				t.Fatalf("got %v, want %v", times, test.want)
			}
			for i, at := range times {
				if got := at.Format(time.RFC3339); got != test.want[i] {
					t.Errorf("got %s, want %s", got, test.want[i])
				}
			}
		})
	}
}

func TestTimesRefuses(t *testing.T) {
	for _, test := range []struct {
		name, schedule, zone string
		count                int
	}{
		{"no schedule", "now and then", "UTC", 1},
		{"no zone", "* * * * *", "Europe/Atlantis", 1},
		{"none", "* * * * *", "UTC", 0},
		{"too many", "* * * * *", "UTC", Most + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if times, err := Times(test.schedule, test.zone, time.Now(), test.count); err == nil {
				t.Errorf("got %v, want an error", times)
			}
		})
	}
}

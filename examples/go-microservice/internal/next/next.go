// Package next answers when a cron schedule fires next.
package next

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// Most is the largest number of times that Times returns.
const Most = 100

// Times returns the first count times after from at which the five-field cron
// schedule fires in the time zone, daylight saving included. A schedule that
// fires on no day returns fewer.
func Times(schedule, zone string, from time.Time, count int) ([]time.Time, error) {
	if count < 1 || count > Most {
		return nil, fmt.Errorf("count must be from 1 to %d", Most)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q", zone)
	}
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return nil, err
	}
	times := make([]time.Time, 0, count)
	for at := parsed.Next(from.In(location)); !at.IsZero() && len(times) < count; at = parsed.Next(at) {
		times = append(times, at)
	}
	return times, nil
}

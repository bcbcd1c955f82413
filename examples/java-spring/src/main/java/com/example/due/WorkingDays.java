package com.example.due;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.Set;

/** Counts from Monday to Friday. */
final class WorkingDays {

    private static final Set<DayOfWeek> WEEKEND = EnumSet.of(DayOfWeek.SATURDAY, DayOfWeek.SUNDAY);

    private WorkingDays() {}

    /** The day that is some working days after another; that day itself for none, if it is one, else the next. */
    static LocalDate after(LocalDate day, int count) {
        LocalDate due = working(day);
        for (int i = 0; i < count; i++) {
            due = working(due.plusDays(1));
        }
        return due;
    }

    private static LocalDate working(LocalDate day) {
        LocalDate working = day;
        while (WEEKEND.contains(working.getDayOfWeek())) {
            working = working.plusDays(1);
        }
        return working;
    }
}

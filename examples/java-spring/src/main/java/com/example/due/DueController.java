package com.example.due;

import java.time.LocalDate;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
class DueController {

    private static final int MOST_DAYS = 10_000;

    record Due(LocalDate due) {}

    @GetMapping("/")
    String index() {
        return "When is it due? Ask /due?from=2026-12-23&days=3\n";
    }

    @GetMapping("/health")
    String health() {
        return "ok\n";
    }

    @GetMapping("/due")
    Due due(@RequestParam LocalDate from, @RequestParam int days) {
        if (days < 0 || days > MOST_DAYS) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "days must be from 0 to " + MOST_DAYS);
        }
        return new Due(WorkingDays.after(from, days));
    }
}

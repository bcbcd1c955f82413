package com.example.due;

import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.test.web.servlet.MockMvc;

@WebMvcTest
class DueControllerTest {

    @Autowired
    private MockMvc web;

    @Test
    void saysWhatItDoes() throws Exception {
        web.perform(get("/")).andExpect(status().isOk()).andExpect(content().string("When is it due? Ask /due?from=2026-12-23&days=3\n"));
        web.perform(get("/health")).andExpect(status().isOk());
    }

    @ParameterizedTest
    @CsvSource({"2026-12-23,1,2026-12-24", "2026-12-23,3,2026-12-28", "2026-12-26,0,2026-12-28", "2026-12-25,5,2027-01-01"})
    void skipsWeekends(String from, String days, String due) throws Exception {
        web.perform(get("/due").param("from", from).param("days", days))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.due").value(due));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/due", "/due?from=tomorrow&days=1", "/due?from=2026-12-23&days=-1", "/due?from=2026-12-23&days=10001"})
    void refusesNonsense(String path) throws Exception {
        web.perform(get(path)).andExpect(status().isBadRequest());
    }
}

package com.example.reports;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Makes reports. It knows nothing of the filter before it. */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @RestController
    static class Reports {

        @GetMapping("/api/ping")
        String ping() {
            return "pong\n";
        }

        @GetMapping("/reports/{name}")
        String report(@PathVariable String name) {
            return "report " + name + "\n";
        }
    }
}

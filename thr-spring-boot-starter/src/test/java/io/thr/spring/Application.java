package io.thr.spring;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;

/** An application as users have them: Spring MVC and the actuator. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
class Application {

    private final Executor later = ForkJoinPool.commonPool();

    @GetMapping("/{kind}/{name}")
    String answer(@PathVariable String kind, @PathVariable String name) {
        return "application " + kind + " " + name;
    }

    @GetMapping("/thread")
    String thread() {
        return Thread.currentThread().toString();
    }

    /** Reads a form, of whose body Spring's filter makes parameters. */
    @PutMapping("/form")
    String form(@RequestParam String a) {
        return "application " + a;
    }

    @GetMapping("/deferred/{name}")
    DeferredResult<String> deferred(@PathVariable String name) {
        DeferredResult<String> result = new DeferredResult<>();
        later.execute(() -> result.setResult("deferred " + name));
        return result;
    }
}

// Tests with the emulator in a container: docker build -t ocapi-emulator .
// Dependencies: org.testcontainers:testcontainers and org.junit.jupiter:junit-jupiter, Java 17 or later.

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

class StockTest {
    static final int PORT = 8080;
    // A container takes requests to the control plane with this token only.
    static final String CONTROL_HEADER = "x-emulator-control-token";
    static final String CONTROL_TOKEN = "secret";
    static final Pattern ACCESS_TOKEN = Pattern.compile("\"access_token\":\"([^\"]+)\"");
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static final GenericContainer<?> EMULATOR =
            new GenericContainer<>(DockerImageName.parse("ocapi-emulator"))
                    .withExposedPorts(PORT)
                    .withEnv("OCAPI_EMULATOR_CONTROL_TOKEN", CONTROL_TOKEN)
                    .waitingFor(
                            Wait.forHttp("/__emulator__/health")
                                    .withHeader(CONTROL_HEADER, CONTROL_TOKEN));

    String token;

    @BeforeAll
    static void start() {
        EMULATOR.start();
    }

    @AfterAll
    static void stop() {
        EMULATOR.stop();
    }

    @BeforeEach
    void reset() throws Exception {
        assertEquals(200, control("/reset").statusCode());
        Matcher found = ACCESS_TOKEN.matcher(control("/token").body());
        found.find();
        token = found.group(1);
    }

    @Test
    void aListIsDeleted() throws Exception {
        assertEquals(204, ask("DELETE", "/inventory_lists/inventory_eu").statusCode());
        assertEquals(404, ask("GET", "/inventory_lists/inventory_eu").statusCode());
    }

    @Test
    void theNextTestHasTheListAgain() throws Exception {
        assertEquals(200, ask("GET", "/inventory_lists/inventory_eu").statusCode());
    }

    HttpResponse<String> ask(String method, String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(uri("/s/-/dw/data/v23_2" + path))
                        .header("Authorization", "Bearer " + token)
                        .method(method, BodyPublishers.noBody())
                        .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    static HttpResponse<String> control(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(uri("/__emulator__" + path))
                        .header(CONTROL_HEADER, CONTROL_TOKEN)
                        .POST(BodyPublishers.noBody())
                        .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    static URI uri(String path) {
        return URI.create(
                "http://" + EMULATOR.getHost() + ":" + EMULATOR.getMappedPort(PORT) + path);
    }
}

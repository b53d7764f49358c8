package com.example;

/** What the application knows, and a file of rules does not. */
final class Customers {

    private Customers() {}

    /** Whether the customer with that key pays; null: none was sent. */
    static boolean isPaying(String key) {
        return "gold".equals(key);
    }
}

//! What the greeter says.

/// The words with an exclamation mark.
pub fn greeting(words: &str) -> String {
    format!("{words}!")
}

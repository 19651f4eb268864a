//! What is fuzzed, and the replay of the corpora.

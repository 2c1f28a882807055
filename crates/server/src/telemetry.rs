//! The log: JSON for machines, lines for people. **No personal data**: our crates log none, and other crates, which
//! don't know what is personal, are heard from `warn` upwards only.

use std::io::{IsTerminal as _, stderr};

use clap::ValueEnum;
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Our own crates, which may log below `warn`.
const OURS: [&str; 7] = [
    "curtain",
    "curtain_api",
    "curtain_auth",
    "curtain_media",
    "curtain_signalling",
    "curtain_storage",
    "curtain_vault",
];

/// Starts the log on standard error. A second start changes nothing.
pub(crate) fn start(format: LogFormat, level: Level) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(level))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    // Err means that a log runs already, as in tests.
    let _ = match format {
        LogFormat::Pretty => log.with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    say_where_a_panic_was();
}

/// What is heard.
fn filter(level: Level) -> EnvFilter {
    // Programs that keep guessers out read these, however little of the rest is wanted.
    let guard = format!("curtain::security={}", level.max(Level::INFO));
    let ours = OURS.iter().map(|name| format!("{name}={level}"));
    ours.chain([guard])
        .filter_map(|directive| directive.parse().ok())
        .fold(EnvFilter::new("warn"), EnvFilter::add_directive)
}

/// The words of a panic may hold anything, so only its place is logged.
fn say_where_a_panic_was() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the server panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_guesses_stand_in_the_quietest_log() {
        for (level, wanted) in [(Level::ERROR, "info"), (Level::WARN, "info"), (Level::TRACE, "trace")] {
            let filter = filter(level).to_string();
            assert!(filter.contains(&format!("curtain::security={wanted}")), "{filter}");
            let rest = format!("curtain_api={}", level.to_string().to_lowercase());
            assert!(filter.contains(&rest), "{filter}");
        }
    }
}

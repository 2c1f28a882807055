//! Hears everything that our crates log, at every level, and fails when a marked word is among it (CR3, T29).

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static HEARD: Mutex<String> = Mutex::new(String::new());

struct Tap(AtomicU64);

/// Listens from now on, for the whole test process. A second call changes nothing.
pub(crate) fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        tracing::subscriber::set_global_default(Tap(AtomicU64::new(1)))
            .expect("no other subscriber in the tests");
    });
}

/// How often a text was logged so far.
pub(crate) fn count(text: &str) -> usize {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).matches(text).count()
}

/// Panics when one of the words was logged, by whichever test. One pass for all words: the races mark tens of thousands.
pub(crate) fn assert_unheard<'a>(words: impl IntoIterator<Item = &'a str>) {
    let words: BTreeSet<&str> = words.into_iter().collect();
    let finder = AhoCorasick::new(&words).expect("words of ordinary length");
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    let line = finder.find(heard.as_str()).map(|found| {
        let begin = heard[..found.start()].rfind('\n').map_or(0, |end| end + 1);
        heard[begin..].lines().next().unwrap_or_default()
    });
    assert!(line.is_none(), "a marked word was logged: {line:?}");
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

fn hear(line: &Line) {
    let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    heard.push_str(&line.0);
    heard.push('\n');
}

impl Subscriber for Tap {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("curtain")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        hear(&line);
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line("record".to_owned());
        values.record(&mut line);
        hear(&line);
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        hear(&line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

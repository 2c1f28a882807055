//! Says the same thing only so often.

use core::time::Duration;

use crate::moment::Moment;

/// A browser that sends in clear does so 80 times a second. Its page needs to hear it once, and again if it goes on.
const SPACING: Duration = Duration::from_secs(5);

/// One subject's last mention.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    said_at: Option<Moment>,
}

impl Quiet {
    /// True when it is to be said now.
    pub(crate) fn say(&mut self, now: Moment) -> bool {
        let say = self.said_at.is_none_or(|at| now.since(at) >= SPACING);
        if say {
            self.said_at = Some(now);
        }
        say
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_and_again_after_five_seconds() {
        let mut quiet = Quiet::default();
        let said =
            (0..600).filter(|step| quiet.say(Moment::after_start(Duration::from_millis(step * 20)))).count();
        assert_eq!(said, 3);
    }
}

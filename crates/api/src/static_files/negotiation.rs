//! Which form of a file a request takes, and whether it has that form already (RFC 9110 §12.5.3, §13.1.2).

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// A form of a file, compressed when the client was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// All of them, the smallest first.
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its name in headers.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What follows a file's name when the file is in this form.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// Whether a file of this name is a form of another.
    pub(super) fn is_ending_of(name: &str) -> bool {
        Self::ALL.iter().any(|coding| name.ends_with(coding.ending()))
    }

    /// Those that a request takes, best first. A weight only says yes or no: ours is the better judge of size.
    pub(super) fn taken_by(request: &HeaderMap) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|coding| takes(request, coding.name()))
    }
}

/// Whether a coding is named, or all are, with a weight above zero. Its own weight counts before that of all.
fn takes(request: &HeaderMap, coding: &str) -> bool {
    let weight_of = |wanted: &str| {
        members(request, &header::ACCEPT_ENCODING).find_map(|member| {
            let (name, weight) = member.split_once(';').unwrap_or((member, "q=1"));
            name.trim().eq_ignore_ascii_case(wanted).then(|| is_above_zero(weight))
        })
    };
    weight_of(coding).or_else(|| weight_of("*")).unwrap_or(false)
}

fn is_above_zero(weight: &str) -> bool {
    let value = weight.trim().strip_prefix("q=").or_else(|| weight.trim().strip_prefix("Q="));
    value.and_then(|value| value.trim().parse::<f32>().ok()).is_some_and(|value| value > 0.0)
}

/// Whether the request has the form with this tag already. Tags are compared weakly, as this header asks for.
pub(super) fn has_already(request: &HeaderMap, tag: &HeaderValue) -> bool {
    members(request, &header::IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag.as_bytes())
}

/// The members of a list that may stand in several lines. Our tags hold no comma.
fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(',').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &HeaderName, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_static(line))).collect()
    }

    fn taken(lines: &[&'static str]) -> Vec<Coding> {
        Coding::taken_by(&with(&header::ACCEPT_ENCODING, lines)).collect()
    }

    #[test]
    fn the_smallest_form_that_is_taken_comes_first() {
        let both = [Coding::Brotli, Coding::Gzip];
        for lines in [&["gzip, deflate, br, zstd"][..], &["gzip;q=1, br;q=0.1"], &["*"], &["GZIP", "Br"]] {
            assert_eq!(taken(lines), both, "{lines:?}");
        }
        assert_eq!(taken(&["gzip, deflate"]), [Coding::Gzip]);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        for lines in [&[][..], &[""], &["identity"], &["br;q=0, gzip;q=0.000"], &["*;q=0"], &["gzip;q=high"]]
        {
            assert_eq!(taken(lines), [], "{lines:?}");
        }
        assert_eq!(taken(&["*, br;q=0"]), [Coding::Gzip]);
    }

    #[test]
    fn a_known_tag_is_found_wherever_it_stands() {
        let tag = HeaderValue::from_static("\"a1\"");
        let knows = |lines| has_already(&with(&header::IF_NONE_MATCH, lines), &tag);
        for lines in [&["\"a1\""][..], &["W/\"a1\""], &["\"b2\", \"a1\""], &["\"b2\"", "\"a1\""], &["*"]] {
            assert!(knows(lines), "{lines:?}");
        }
        for lines in [&[][..], &["\"b2\""], &["a1"], &["\"a1"]] {
            assert!(!knows(lines), "{lines:?}");
        }
    }
}

//! Which browser somebody sits at, in plain words for the list of their sessions: a guess from `User-Agent`, from a short
//! list of our own. What the header says besides is never kept.

use http::{HeaderMap, header};

/// The names by which a browser tells itself, the more special ones first: most claim to be several.
const BROWSERS: [(&str, usize); 6] =
    [("Edg", 0), ("OPR/", 1), ("SamsungBrowser/", 2), ("Firefox/", 3), ("Chrome/", 4), ("Safari/", 5)];
/// The same for systems.
const SYSTEMS: [(&str, usize); 7] =
    [("iPhone", 0), ("iPad", 1), ("Android", 2), ("CrOS", 3), ("Windows", 4), ("Macintosh", 5), ("Linux", 6)];

/// Every name that can come out, by browser and system.
const NAMES: [[&str; 7]; 6] = [
    [
        "Edge on iPhone",
        "Edge on iPad",
        "Edge on Android",
        "Edge on ChromeOS",
        "Edge on Windows",
        "Edge on Mac",
        "Edge on Linux",
    ],
    [
        "Opera on iPhone",
        "Opera on iPad",
        "Opera on Android",
        "Opera on ChromeOS",
        "Opera on Windows",
        "Opera on Mac",
        "Opera on Linux",
    ],
    [
        "Samsung Internet",
        "Samsung Internet",
        "Samsung Internet on Android",
        "Samsung Internet",
        "Samsung Internet",
        "Samsung Internet",
        "Samsung Internet",
    ],
    [
        "Firefox on iPhone",
        "Firefox on iPad",
        "Firefox on Android",
        "Firefox on ChromeOS",
        "Firefox on Windows",
        "Firefox on Mac",
        "Firefox on Linux",
    ],
    [
        "Chrome on iPhone",
        "Chrome on iPad",
        "Chrome on Android",
        "Chrome on ChromeOS",
        "Chrome on Windows",
        "Chrome on Mac",
        "Chrome on Linux",
    ],
    [
        "Safari on iPhone",
        "Safari on iPad",
        "Safari",
        "Safari",
        "Safari on Windows",
        "Safari on Mac",
        "Safari",
    ],
];

/// The browser's name, if it is one of the known ones.
pub(crate) fn device_name(headers: &HeaderMap) -> Option<&'static str> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    let find = |list: &[(&str, usize)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, at)| *at);
    // On iPhones, Chrome and Firefox have names of their own.
    let browser = if agent.contains("CriOS/") {
        4
    } else if agent.contains("FxiOS/") {
        3
    } else {
        find(&BROWSERS)?
    };
    NAMES.get(browser)?.get(find(&SYSTEMS)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(agent: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, agent.parse().unwrap());
        device_name(&headers)
    }

    #[test]
    fn browsers_are_called_as_people_call_them() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/140.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
        ] {
            assert_eq!(name(agent), Some(expected));
        }
    }

    #[test]
    fn what_is_unknown_stays_unknown() {
        for agent in ["", "curl/8.5.0", "<script>", "Firefox/1", "Linux"] {
            assert_eq!(name(agent), None, "{agent}");
        }
        assert_eq!(device_name(&HeaderMap::new()), None);
    }

    #[test]
    fn every_name_fits_its_column() {
        assert!(NAMES.iter().flatten().all(|name| name.len() <= 60));
    }
}

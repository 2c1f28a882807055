//! People come and go all day: neither memory nor open files may grow with them.
//!
//! `webrtc` 0.21.0 kept every connection for ever (its issue 906); 0.21.1 is said not to, and this is where we'd notice.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use curtain_domain::{ParticipantId, VisitId};
use curtain_media::{Media, MediaCommand, MediaConfig, MediaEvent, What};
use uuid::Uuid;

const PEOPLE: u128 = 6;
/// After this many the allocator has what it needs (measured: flat from the second round on).
const WARM_UP: usize = 20;
const ROUNDS: usize = 100;
/// A connection that is kept costs 300 kB or more; 480 of them would be 150 MB.
const ALLOWED_KB: usize = 8 * 1024;

fn person(number: u128) -> ParticipantId {
    ParticipantId::from_uuid(Uuid::from_u128(number))
}

/// Six people join, one after the other, and the visit is closed.
fn round(media: &Media, events: &Receiver<MediaEvent>, number: usize) {
    let visit = VisitId::from_uuid(Uuid::from_u128(number as u128));
    for participant in (1..=PEOPLE).map(person) {
        media.send(MediaCommand::Join { visit, participant, prepared: None });
    }
    let mut offers = 0;
    while offers < PEOPLE {
        let event = events.recv_timeout(Duration::from_secs(20)).expect("an offer for everyone");
        offers += u128::from(matches!(event.what, What::Offer { .. }));
    }
    media.send(MediaCommand::Close { visit });
}

/// Resident memory in kB, or nothing where there is no /proc.
fn resident_kb() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

#[test]
fn a_hundred_visits_leave_neither_memory_nor_files_behind() {
    let (sink, events) = channel();
    let here = MediaConfig { threads: NonZeroUsize::MIN, ..MediaConfig::on(IpAddr::V4(Ipv4Addr::LOCALHOST)) };
    let media = Media::start(&here, Arc::new(move |event| drop(sink.send(event)))).expect("a free port");
    (0..WARM_UP).for_each(|number| round(&media, &events, number));
    let Some((memory, files)) = resident_kb().zip(open_files()) else {
        return eprintln!("SKIPPED: there is no /proc here to read memory and files from");
    };
    (WARM_UP..ROUNDS).for_each(|number| round(&media, &events, number));
    let grown = resident_kb().expect("it was there before").saturating_sub(memory);
    assert!(grown < ALLOWED_KB, "memory grew by {grown} kB");
    assert_eq!(open_files(), Some(files));
}

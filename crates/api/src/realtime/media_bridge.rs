//! Between rooms and the forwarder: the same few words in two crates that don't know each other.

use std::sync::Arc;

use curtain_domain::VisitId;
use curtain_media::{EventSink, MediaCommand, MediaEvent, Preparation, What};
use curtain_signalling::{ConnectionId, Input, MediaNews, MediaOrder};
use tokio::sync::mpsc;

/// What the forwarder has to say to the rooms. Made before the forwarder, handed to the hub.
#[derive(Debug)]
pub struct MediaNewsFeed(pub(crate) mpsc::UnboundedReceiver<MediaEvent>);

/// The sink for [`curtain_media::Media::start`] and the feed for [`super::Hub::start`]. Unbounded, since the sink must
/// not block; the forwarder itself limits how often it speaks.
pub fn media_feed() -> (EventSink, MediaNewsFeed) {
    let (sender, events) = mpsc::unbounded_channel();
    let sink: EventSink = Arc::new(move |event| {
        // Fails only when the hub is gone, and everybody with it.
        let _ = sender.send(event);
    });
    (sink, MediaNewsFeed(events))
}

/// A room's order, for the forwarder.
pub(crate) fn command(visit: VisitId, order: MediaOrder) -> MediaCommand {
    match order {
        MediaOrder::Prepare { participant, connection } => {
            MediaCommand::Prepare { visit, participant, preparation: Preparation(connection.0) }
        }
        MediaOrder::Discard(connection) => {
            MediaCommand::Discard { visit, preparation: Preparation(connection.0) }
        }
        MediaOrder::Join { participant, prepared } => {
            let prepared = prepared.map(|connection| Preparation(connection.0));
            MediaCommand::Join { visit, participant, prepared }
        }
        MediaOrder::Answer { participant, generation, sdp } => {
            MediaCommand::Answer { visit, participant, generation, sdp }
        }
        MediaOrder::Restart(participant) => MediaCommand::Restart { visit, participant },
        MediaOrder::Leave(participant) => MediaCommand::Leave { visit, participant },
        MediaOrder::Close => MediaCommand::Close { visit },
    }
}

/// The forwarder's news, for a room; `None` for what no room needs to know.
pub(crate) fn input(event: MediaEvent) -> Option<Input> {
    let MediaEvent { visit, participant, what } = event;
    let news = match what {
        What::Prepared { preparation, generation, sdp, slots } => {
            return Some(Input::Prepared { connection: ConnectionId(preparation.0), generation, sdp, slots });
        }
        What::Offer { generation, sdp, slots } => MediaNews::Offer { generation, sdp, slots },
        What::Slots { generation, slots } => MediaNews::Slots { generation, slots },
        What::Connected { generation } => {
            tracing::debug!(%visit, %participant, generation = generation.0, "media connected");
            return None;
        }
        What::Lost { generation } => MediaNews::Lost { generation },
        What::Unsealed { kind } => {
            tracing::warn!(%visit, %participant, ?kind, "media that is not sealed was refused");
            MediaNews::Unsealed { kind }
        }
        What::AnswerRefused { generation, reason } => {
            tracing::warn!(%visit, %participant, generation = generation.0, %reason, "an answer was refused");
            MediaNews::AnswerRefused { generation }
        }
    };
    Some(Input::Media { participant, news })
}

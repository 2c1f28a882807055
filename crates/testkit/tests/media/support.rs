//! A forwarder and the signalling that a test plays for it.

use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use curtain_domain::{ParticipantId, VisitId};
use curtain_media::{Media, MediaCommand, MediaConfig, MediaEvent, What};
use curtain_protocol::{MediaGeneration, Mid, Sdp, Slot, TrackKind};
use curtain_testkit::NativeParticipant;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;

pub(crate) const VISIT: VisitId = VisitId::from_uuid(Uuid::from_u128(0xA));
pub(crate) const OTHER_VISIT: VisitId = VisitId::from_uuid(Uuid::from_u128(0xB));
pub(crate) const ANA: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(1));
pub(crate) const BEN: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(2));
pub(crate) const CEM: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(3));

const PATIENCE: Duration = Duration::from_secs(20);

/// What a participant needs to answer.
pub(crate) struct Offered {
    pub(crate) generation: MediaGeneration,
    pub(crate) sdp: Sdp,
    pub(crate) slots: Vec<Slot>,
}

/// One media thread and everything it told.
pub(crate) struct Forwarder {
    pub(crate) media: Media,
    events: UnboundedReceiver<MediaEvent>,
    seen: Vec<MediaEvent>,
}

impl Forwarder {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// With an address of the other family besides.
    pub(crate) fn start_with(second_address: Option<IpAddr>) -> Self {
        let (sink, events) = unbounded_channel();
        let config = MediaConfig {
            threads: NonZeroUsize::MIN,
            second_address,
            ..MediaConfig::on(IpAddr::V4(Ipv4Addr::LOCALHOST))
        };
        let media = Media::start(&config, Arc::new(move |event| drop(sink.send(event)))).unwrap();
        Self { media, events, seen: Vec::new() }
    }

    /// The first event, told already or still to come, that the question picks. It is told once.
    pub(crate) async fn until<R>(&mut self, pick: impl Fn(&MediaEvent) -> Option<R>) -> R {
        loop {
            if let Some(at) = self.seen.iter().position(|event| pick(event).is_some()) {
                return pick(&self.seen.remove(at)).unwrap();
            }
            let event = timeout(PATIENCE, self.events.recv()).await;
            self.seen.push(event.expect("the forwarder told nothing").expect("the forwarder is gone"));
        }
    }

    /// Everything told and not asked for yet.
    pub(crate) fn told(&mut self) -> &[MediaEvent] {
        while let Ok(event) = self.events.try_recv() {
            self.seen.push(event);
        }
        &self.seen
    }

    pub(crate) async fn offer(&mut self, visit: VisitId, participant: ParticipantId) -> Offered {
        self.media.send(MediaCommand::Join { visit, participant, prepared: None });
        self.until(|event| match &event.what {
            What::Offer { generation, sdp, slots }
                if event.participant == participant && event.visit == visit =>
            {
                Some(Offered { generation: *generation, sdp: sdp.clone(), slots: slots.clone() })
            }
            _ => None,
        })
        .await
    }

    pub(crate) fn answer(&self, visit: VisitId, who: ParticipantId, generation: MediaGeneration, sdp: &Sdp) {
        self.media.send(MediaCommand::Answer { visit, participant: who, generation, sdp: sdp.clone() });
    }

    pub(crate) async fn connected(&mut self, generation: MediaGeneration) {
        self.until(|event| match event.what {
            What::Connected { generation: connected } if connected == generation => Some(()),
            _ => None,
        })
        .await;
    }

    /// Joins and waits until both ends say that they are connected.
    pub(crate) async fn join(
        &mut self,
        visit: VisitId,
        who: ParticipantId,
    ) -> (NativeParticipant, Vec<Slot>) {
        let offered = self.offer(visit, who).await;
        let participant = NativeParticipant::answer(&offered.sdp).await.unwrap();
        self.answer(visit, who, offered.generation, participant.sdp());
        participant.connected().await.unwrap();
        self.connected(offered.generation).await;
        (participant, offered.slots)
    }

    /// The next word on who is where at `who`.
    pub(crate) async fn slots(&mut self, who: ParticipantId) -> Vec<Slot> {
        self.until(|event| match &event.what {
            What::Slots { slots, .. } if event.participant == who => Some(slots.clone()),
            _ => None,
        })
        .await
    }
}

/// Where a person's track is seen or heard.
pub(crate) fn mid_of(slots: &[Slot], who: ParticipantId, kind: TrackKind) -> Mid {
    let slot = slots.iter().find(|slot| slot.participant == Some(who) && slot.kind == kind);
    slot.expect("the person has a slot").mid.clone()
}

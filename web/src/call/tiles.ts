// Which pictures stand on the screen, and whose they are: from the group's roster, from what each member says is on, and
// from the frames that the worker opened. The server's word on who is in which slot is not asked.
import type { GroupPerson, Tracks } from "../e2ee/messages";
import type { Incoming } from "./media/peer";
import type { TileView } from "./view";

const MICROPHONE = 0;
const CAMERA = 1;
const SCREEN = 2;
const ALL_OFF: Tracks = { microphone: false, camera: false, screen: false };

export type Sources = {
  readonly people: readonly GroupPerson[];
  /** By person. */
  readonly tracks: ReadonlyMap<string, Tracks>;
  readonly incoming: readonly Incoming[];
  readonly preview: MediaStream | null;
  readonly microphoneOn: boolean;
  /** Frames come that go round the worker: nothing received is shown. */
  readonly bypassed: boolean;
};

export class Tiles {
  /** A stream stays the same object while its tile lives, or every change would restart the picture. */
  readonly #streams = new Map<string, MediaStream>();

  view(sources: Sources): TileView[] {
    const tiles = sources.people.flatMap((person) =>
      person.self ? [self(person, sources)] : this.#of(person, sources),
    );
    for (const key of this.#streams.keys()) if (!tiles.some((tile) => tile.key === key)) this.#streams.delete(key);
    return tiles;
  }

  #of(person: GroupPerson, sources: Sources): TileView[] {
    const on = sources.tracks.get(person.person) ?? ALL_OFF;
    const opened = (context: number): MediaStreamTrack | null =>
      sources.bypassed ? null : trackOf(sources.incoming, person.person, context);
    const tile = (kind: "camera" | "screen", shown: boolean, tracks: (MediaStreamTrack | null)[]): TileView => {
      const key = `${person.person} ${kind}`;
      const picture = tracks[0] ?? null;
      return {
        key,
        person: person.person,
        name: person.name,
        self: false,
        kind,
        stream: this.#stream(
          key,
          tracks.filter((track) => track !== null),
        ),
        muted: !on.microphone,
        state: sources.bypassed ? "unverified" : !shown ? "off" : pictureState(sources.incoming, picture),
      };
    };
    const camera = tile("camera", on.camera, [on.camera ? opened(CAMERA) : null, opened(MICROPHONE)]);
    return on.screen ? [camera, tile("screen", true, [opened(SCREEN)])] : [camera];
  }

  #stream(key: string, tracks: readonly MediaStreamTrack[]): MediaStream | null {
    const known = this.#streams.get(key);
    if (tracks.length === 0 && known === undefined) return null;
    const stream = known ?? new MediaStream();
    this.#streams.set(key, stream);
    for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track);
    for (const track of tracks) if (!stream.getTracks().includes(track)) stream.addTrack(track);
    return stream;
  }
}

function self(person: GroupPerson, { preview, microphoneOn }: Sources): TileView {
  return {
    key: `${person.person} camera`,
    person: person.person,
    name: person.name,
    self: true,
    kind: "camera",
    stream: preview,
    muted: !microphoneOn,
    state: preview === null ? "off" : "live",
  };
}

/** A slot of which nothing was ever opened could be anybody's: whoever's picture is awaited is told of it. */
function pictureState(incoming: readonly Incoming[], picture: MediaStreamTrack | null): TileView["state"] {
  const unopened = incoming.some(
    (slot) => slot.unopened && (picture === null ? slot.opened === null : slot.track === picture),
  );
  if (unopened) return "unverified";
  return picture === null ? "waiting" : "live";
}

function trackOf(incoming: readonly Incoming[], person: string, context: number): MediaStreamTrack | null {
  const slot = incoming.find(({ opened }) => opened?.person === person && opened.context === context);
  return slot?.track ?? null;
}

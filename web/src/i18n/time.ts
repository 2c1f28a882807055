// Times as people say them, never without the zone: a visit booked from another country has surprised enough people.
import { locale, t } from "./index";

/** `Europe/Lisbon` is "Lisbon time"; zones that are no place keep their name. */
export function zoneName(zone: string = localZone()): string {
  const city = zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone;
  return zone.includes("/") && !zone.startsWith("Etc/") ? t.time.zone(city) : city;
}

export function localZone(): string {
  return new Intl.DateTimeFormat(locale).resolvedOptions().timeZone;
}

const clock = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });

const dayOf = (at: Date, zone: string): string => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);

/** "14:05" */
export function clockTime(at: Date, zone: string = localZone()): string {
  return clock(zone).format(at);
}

/** "today", "tomorrow", "Tuesday 3 March", with the year when it is another one. */
export function dayName(at: Date, now: Date, zone: string = localZone()): string {
  const apart = Math.round((Date.parse(dayOf(at, zone)) - Date.parse(dayOf(now, zone))) / 86_400_000);
  if (apart === 0) return t.time.today;
  if (apart === 1) return t.time.tomorrow;
  if (apart === -1) return t.time.yesterday;
  const year = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4) ? {} : { year: "numeric" as const };
  const form = { weekday: "long", day: "numeric", month: "long", timeZone: zone, ...year } as const;
  return new Intl.DateTimeFormat("en-GB", form).format(at);
}

/** "tomorrow, 14:05 (Lisbon time)" */
export function whenWords(at: Date, now: Date, zone: string = localZone()): string {
  return `${t.time.at(dayName(at, now, zone), clockTime(at, zone))} (${zoneName(zone)})`;
}

export function isSameDay(one: Date, other: Date, zone: string = localZone()): boolean {
  return dayOf(one, zone) === dayOf(other, zone);
}

export function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

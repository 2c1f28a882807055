// The policy as the fields of a form: every value is the text somebody typed, under a key of its own. That makes comparing,
// taking back and merging one rule for all of them.
import type { Policy, PolicyChoice, PolicyOfRole, Role, SecondFactor } from "../../api/types";
import { t } from "../../i18n";

export const ROLES: readonly Role[] = ["patient", "clinician", "administrator", "auditor"];

export type RoleField = "second_factor" | "grace_days" | "idle_minutes" | "absolute_hours";
export type Key = "password_minimum" | `${Role}.${RoleField}`;
export type Values = Readonly<Partial<Record<Key, string>>>;

const HOUR = 60;

/** Hours as people write them: 12, 7.5. */
const hoursOf = (minutes: number): string => `${Math.round((minutes / HOUR) * 100) / 100}`;

export function valuesOf(policy: Policy): Values {
  const values: Partial<Record<Key, string>> = { password_minimum: `${policy.password_minimum}` };
  for (const of of policy.roles) {
    values[`${of.role}.second_factor`] = of.second_factor;
    values[`${of.role}.grace_days`] = `${of.grace_days}`;
    values[`${of.role}.idle_minutes`] = `${of.idle_minutes}`;
    values[`${of.role}.absolute_hours`] = hoursOf(of.absolute_minutes);
  }
  return values;
}

const numberOf = (text: string | undefined): number => {
  const typed = (text ?? "").trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(typed) ? Number(typed) : Number.NaN;
};

/** What is wrong with a number, in words; null when nothing is. */
function refusal(text: string | undefined, least: number, most: number, whole = true): string | null {
  const value = numberOf(text);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return null;
  return whole ? t.policy.whole(least, most) : t.policy.number(least, most);
}

/** The fields that can't be used, and why. */
export function refusals(policy: Policy, values: Values): Values {
  const { least, most } = policy.password_bounds;
  const found: Partial<Record<Key, string | null>> = {
    password_minimum: refusal(values.password_minimum, least, most),
  };
  for (const of of policy.roles) {
    const { role, grace_bounds: grace, idle_bounds: idle, absolute_bounds: absolute } = of;
    // Days that nobody sees can't be wrong.
    if (values[`${role}.second_factor`] === "passkey") {
      found[`${role}.grace_days`] = refusal(values[`${role}.grace_days`], grace.least, grace.most);
    }
    found[`${role}.idle_minutes`] = refusal(values[`${role}.idle_minutes`], idle.least, idle.most);
    const [from, to] = [absolute.least / HOUR, absolute.most / HOUR];
    found[`${role}.absolute_hours`] = refusal(values[`${role}.absolute_hours`], from, to, false);
  }
  return Object.fromEntries(Object.entries(found).filter(([, why]) => why !== null)) as Values;
}

/** Only for fields that hold nothing wrong. */
export function choiceOf(policy: Policy, values: Values): PolicyChoice {
  return {
    version: policy.version,
    password_minimum: numberOf(values.password_minimum),
    roles: policy.roles.map((of) => ({
      role: of.role,
      second_factor: values[`${of.role}.second_factor`] ?? of.second_factor,
      grace_days: graceOf(of, values) ?? of.grace_days,
      idle_minutes: numberOf(values[`${of.role}.idle_minutes`]),
      absolute_minutes: Math.round(numberOf(values[`${of.role}.absolute_hours`]) * HOUR),
    })),
  };
}

/** The days of grace typed, while they can be used. */
export function graceOf(of: PolicyOfRole, values: Values): number | null {
  const text = values[`${of.role}.grace_days`];
  return refusal(text, of.grace_bounds.least, of.grace_bounds.most) === null ? numberOf(text) : null;
}

/** What a field is called, and its value as people read it. */
export function wordsOf(key: Key, value: string): { what: string; value: string } {
  if (key === "password_minimum") return { what: t.policy.minimum, value: `${value} ${t.policy.characters}` };
  const [role, field] = key.split(".") as [Role, RoleField];
  const named = (name: string, words: string) => ({ what: `${t.policy.roles[role]}, ${name}`, value: words });
  if (field === "second_factor") return named(t.policy.secondFactor, t.policy.factors[value as SecondFactor]);
  if (field === "grace_days") return named(t.policy.grace, `${value} ${t.policy.days}`);
  if (field === "idle_minutes") return named(t.policy.idle, `${value} ${t.policy.minutes}`);
  return named(t.policy.absolute, `${value} ${t.policy.hours}`);
}

// Prices over time: what the package says today beside what the file said before. Pure.

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const rates = ({ from, until, ...rest }) => rest;

/** The periods in force at a date and after it. */
function ahead(periods, date) {
  let first = 0;
  periods.forEach((period, index) => { if ((period.from ?? '') <= date) first = index; });
  return periods.slice(first);
}

/**
 * Joins rows: new ones are added, those that are gone stay (what they cost is history, and they may still answer), a price that changed
 * begins on the date and the one before it stays as it was.
 */
export function merge(before, after, date) {
  const changes = [];
  const key = (row) => `${row.provider}/${row.id}`;
  const known = new Map(before.map((row) => [key(row), row]));
  const models = after.map((row) => {
    const old = known.get(key(row));
    known.delete(key(row));
    if (!old) {
      changes.push(`new      ${key(row)}`);
      return row;
    }
    const { prices: oldPrices, ...oldRest } = old;
    const { prices, ...rest } = row;
    if (!same(oldRest, rest)) changes.push(`changed  ${key(row)}: ${difference(oldRest, rest)}`);
    if (!oldPrices || !prices) {
      if (!same(oldPrices, prices)) changes.push(`price    ${key(row)}: ${prices ? 'has one now' : 'has none any more'}`);
      // What it cost stays known: a call of the past is explained and rated by it.
      return prices || !oldPrices ? row : { ...rest, prices: oldPrices.map((period, i) => (i === oldPrices.length - 1 ? { ...period, until: date } : period)) };
    }
    return { ...rest, prices: join(key(row), oldPrices, prices, date, changes) };
  });
  for (const row of known.values()) {
    changes.push(`gone     ${key(row)}`);
    models.push(row);
  }
  return { models, changes };
}

function join(name, old, now, date, changes) {
  const [was, is] = [ahead(old, date), ahead(now, date)];
  const future = (periods) => periods.slice(1);
  if (same(rates(was[0]), rates(is[0])) && same(future(was), future(is))) return old;
  changes.push(`price    ${name}: ${JSON.stringify(rates(was[0]))} -> ${JSON.stringify(rates(is[0]))}`);
  // The package dated the change itself.
  if (same(now.slice(0, old.length), old)) return now;
  const past = old.filter((period) => (period.from ?? '') < date);
  return [...past, { from: date, ...rates(is[0]) }, ...future(is)];
}

function difference(old, now) {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => !same(old[name], now[name])).join(', ');
}

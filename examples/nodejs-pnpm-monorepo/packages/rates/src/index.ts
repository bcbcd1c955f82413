import { Decimal } from 'decimal.js';

/** What one unit of each currency is worth in euros. */
const IN_EUROS: Readonly<Record<string, string>> = { EUR: '1', CHF: '1.0712', GBP: '1.1475', USD: '0.8663' };

export const CURRENCIES: readonly string[] = Object.keys(IN_EUROS);

/** The amount in another currency, to the cent, exact; raises RangeError for a currency or an amount that is none. */
export function convert(amount: string, from: string, to: string): string {
  if (!/^\d{1,15}(\.\d{1,2})?$/.test(amount)) throw new RangeError(`${amount} is no amount`);
  return new Decimal(amount).times(worth(from)).dividedBy(worth(to)).toFixed(2);
}

function worth(currency: string): Decimal {
  const euros = Object.hasOwn(IN_EUROS, currency) ? IN_EUROS[currency] : undefined;
  if (euros === undefined) throw new RangeError(`${currency} is none of ${CURRENCIES.join(', ')}`);
  return new Decimal(euros);
}

// What the package does not say and a source does, and what it says and the file has no word for. Every rule names where it comes from; what
// no rule covers stays unknown.

/** Sources of the rules, written into the catalogue. */
export const sources = {
  'batch_factor of openai': 'https://developers.openai.com/api/docs/guides/batch (50% discount compared to synchronous APIs)',
  'batch_factor of anthropic': 'https://platform.claude.com/docs/en/build-with-claude/batch-processing (reducing costs by 50%)',
  'batch_factor of google': 'https://ai.google.dev/gemini-api/docs/optimization (batch: 50% discount)',
  'cache_write_1h of Claude models': 'https://platform.claude.com/docs/en/build-with-claude/prompt-caching (1-hour cache writes are 2 times the base input price)',
  'cache_write_5m of Gemini models at openrouter': 'https://openrouter.ai/docs/features/prompt-caching (cache writes are charged at the input price plus five minutes of storage)',
  'usd_each_least of groq': 'https://console.groq.com/docs/speech-to-text (minimum billed length: 10 seconds), as the package computes it',
  'free models': "the package prices them at nothing: ids that end in ':free', models included in a subscription, and those its comments call free",
};

const batches = { openai: '0.5', anthropic: '0.5', google: '0.5' };

/** The batch discount of chat and embedding models; Claude on Google's cloud has terms of its own. */
export function batchFactor(provider, model, kind) {
  return ['chat', 'embedding'].includes(kind) && !(provider.id === 'google' && /claude/.test(model.id)) ? batches[provider.id] : undefined;
}

/** The package lists what OpenRouter adds to the price of input for storing a Gemini prompt, as if it stood in its place. */
export function cacheWrite(provider, model, card, decimal) {
  if (provider.id === 'openrouter' && /google\//.test(model.id) && Number(card.cache_write_5m) < Number(card.input)) {
    card.cache_write_5m = decimal(Math.round((Number(card.input) + Number(card.cache_write_5m)) * 1e9) / 1e9);
  }
}

/** Resellers list the five-minute write only; an hour's would be charged at that, below what Anthropic asks for it. */
export function cacheWrite1h(provider, model, card, decimal) {
  if (/claude/.test(model.id) && card.cache_write_5m !== undefined && card.cache_write_1h === undefined) {
    card.cache_write_1h = decimal(Math.round(Number(card.input) * 2e9) / 1e9);
  }
}

/** What is charged for at least. */
export function least(provider, model) {
  return provider.id === 'groq' && model.id.startsWith('whisper-') ? { audio_second: 10 } : undefined;
}

/** Free because its provider says so. */
export function free(provider, model) {
  return model.id.endsWith(':free')
    || /Included in the subscription|Free of charge/.test(model.price_comments ?? '')
    || /free of charge/.test(model.description ?? '')
    || (provider.id === 'google' && /^gemma-3n?$/.test(model.id));
}

/** Nothing in the package but no word that it is free: the model is known and has no price. */
export function unpriced(provider, model) {
  const periods = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  return periods.every(({ prices }) => Object.keys(prices).length === 0) && !free(provider, model) ? 'the package names no price' : undefined;
}

/** Charged by something this product does not count; named one by one, so that a new one fails the import. */
export function inexpressible(provider, model) {
  return provider.id === 'x-ai' && model.id.startsWith('grok-voice-') ? 'charges for text messages in a conversation, which are not counted' : undefined;
}

/** What a model is called for, by its id and by what it charges. */
export function kinds(provider, model, periods) {
  const id = model.id.toLowerCase();
  const last = periods.at(-1);
  const card = last.usd_per_million ?? {};
  const each = last.usd_each ?? {};
  if (id.startsWith('grok-voice-') || /realtime|-live-|gemini-live/.test(id)) return 'realtime';
  if (each.page !== undefined) return 'ocr';
  if (each.audio_hour !== undefined || /transcribe|whisper/.test(id)) return 'transcription';
  if (/-tts$|tts-/.test(id)) return 'speech';
  if (/rerank/.test(id)) return 'rerank';
  if (provider.id === 'openai' && id === 'moderation') return 'moderation';
  if (/^gpt-image-/.test(id)) return 'image';
  if (/embed|^voyage-/.test(id) || (card.output === undefined && /bge-/.test(id))) return 'embedding';
  return 'chat';
}

// Answers of formats that no other helper speaks, made by hand as their documentation has them: a thought and a text, and before it a tool where one is offered.
const json = JSON.stringify;

const gemini = {
  format: 'gemini',
  text: geminiAnswer([{ text: 'Let me see.', thought: true }, { text: 'Hello, \u{1F600} world!', thoughtSignature: 'c2lnbmVk' }]),
  tool: geminiAnswer([{ text: 'I look it up. ' }, { functionCall: { name: 'get_weather', args: { city: 'Paris' } }, thoughtSignature: 'c2lnbmVk' }]),
};

function geminiAnswer(parts) {
  const usageMetadata = { promptTokenCount: 12, candidatesTokenCount: 9, thoughtsTokenCount: 4, totalTokenCount: 25, cachedContentTokenCount: 5 };
  const of = (some, finishReason) => json({ candidates: [{ content: { parts: some, role: 'model' }, finishReason, index: 0 }], usageMetadata, modelVersion: 'gemini-3-pro', responseId: 'made-by-hand' });
  return { whole: of(parts, 'STOP'), events: [...parts.map(part => of([part])), of([{ text: '' }], 'STOP')] };
}

const bedrock = {
  format: 'bedrock',
  text: bedrockAnswer([{ reasoningContent: { reasoningText: { text: 'Let me see.', signature: 'c2lnbmVk' } } }, { text: 'Hello, \u{1F600} world!' }], 'end_turn'),
  tool: bedrockAnswer([{ text: 'I look it up.' }, { toolUse: { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Paris' } } }, { toolUse: { toolUseId: 'tooluse_2', name: 'get_weather', input: { city: 'Bern' } } }], 'tool_use'),
};

function bedrockAnswer(content, stopReason) {
  const usage = { inputTokens: 12, outputTokens: 9, totalTokens: 27, cacheReadInputTokens: 4, cacheWriteInputTokens: 2 };
  const events = [{ messageStart: { role: 'assistant' } }];
  for (const [contentBlockIndex, block] of content.entries()) {
    if (block.toolUse) {
      const { input, ...start } = block.toolUse;
      events.push({ contentBlockStart: { contentBlockIndex, start: { toolUse: start } } });
      for (const piece of json(input).match(/.{1,5}/gs)) events.push({ contentBlockDelta: { contentBlockIndex, delta: { toolUse: { input: piece } } } });
    } else if (block.reasoningContent) {
      const { text, signature } = block.reasoningContent.reasoningText;
      for (const part of [{ text }, { signature }]) events.push({ contentBlockDelta: { contentBlockIndex, delta: { reasoningContent: part } } });
    } else {
      for (const text of block.text.match(/.{1,5}/gsu)) events.push({ contentBlockDelta: { contentBlockIndex, delta: { text } } });
    }
    events.push({ contentBlockStop: { contentBlockIndex } });
  }
  events.push({ messageStop: { stopReason } }, { metadata: { usage, metrics: { latencyMs: 7 } } });
  return { whole: json({ output: { message: { role: 'assistant', content } }, stopReason, usage, metrics: { latencyMs: 7 } }), events: events.map(e => json(e)) };
}

const cohere = {
  format: 'cohere',
  text: cohereAnswer({ content: [{ type: 'thinking', thinking: 'Let me see.' }, { type: 'text', text: 'Hello, \u{1F600} world!' }] }, 'COMPLETE'),
  tool: cohereAnswer({ tool_plan: 'I look it up.', tool_calls: [{ id: 'get_weather_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }] }, 'TOOL_CALL'),
};

function cohereAnswer(message, finish_reason) {
  const usage = { billed_units: { input_tokens: 12, output_tokens: 9 }, tokens: { input_tokens: 20, output_tokens: 9 } };
  const events = [{ type: 'message-start', id: 'made-by-hand', delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } }];
  const say = (type, index, part) => events.push({ type, ...(index === null ? {} : { index }), delta: { message: part } });
  for (const [index, block] of (message.content ?? []).entries()) {
    say('content-start', index, { content: { ...block, [block.type]: '' } });
    for (const piece of block[block.type].match(/.{1,5}/gsu)) say('content-delta', index, { content: { [block.type]: piece } });
    events.push({ type: 'content-end', index });
  }
  if (message.tool_plan) say('tool-plan-delta', null, { tool_plan: message.tool_plan });
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    say('tool-call-start', index, { tool_calls: { ...call, function: { ...call.function, arguments: '' } } });
    for (const piece of call.function.arguments.match(/.{1,5}/gs)) say('tool-call-delta', index, { tool_calls: { function: { arguments: piece } } });
    events.push({ type: 'tool-call-end', index });
  }
  events.push({ type: 'message-end', delta: { finish_reason, usage } });
  return { whole: json({ id: 'made-by-hand', message: { role: 'assistant', ...message }, finish_reason, usage }), events: events.map(e => json(e)) };
}

/** Embeddings, by the same rule. */
export const embeddings = {
  'numbers-gemini': { format: 'gemini', whole: json({ embeddings: [{ values: [0.5, -1] }, { values: [1, 0] }] }) },
  'numbers-cohere': { format: 'cohere', whole: json({ id: 'made-by-hand', embeddings: { float: [[0.5, -1], [1, 0]] }, meta: { billed_units: { input_tokens: 10 } }, response_type: 'embeddings_by_type' }) },
  'amazon.titan-embed-text-v2:0': { format: 'bedrock', whole: json({ embedding: [0.5, -1], inputTextTokenCount: 7 }) },
};

/** By the names their models are given. */
export const byHand = { 'by-gemini': gemini, 'by-bedrock': bedrock, 'by-cohere': cohere };

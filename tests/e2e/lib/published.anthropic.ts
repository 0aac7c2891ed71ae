// What Anthropic publishes of its API, as its own client at the version of package.json has it: generated from the OpenAPI document.
import type Anthropic from '@anthropic-ai/sdk';

export type AnyMessage = Anthropic.Message;
export type AnyMessageEvent = Anthropic.RawMessageStreamEvent;
export type AnyMessageRequest = Anthropic.MessageCreateParamsNonStreaming;
export type AnyMessageRequestStreaming = Anthropic.MessageCreateParamsStreaming;
export type AnyTokenCount = Anthropic.MessageTokensCount;
export type AnyMessageFailure = Anthropic.ErrorResponse;

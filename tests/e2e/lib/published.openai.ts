// What OpenAI publishes of its API, as its own client at the version of package.json has it: generated from the OpenAPI document.
import type OpenAI from 'openai';

export type AnyChatCompletion = OpenAI.ChatCompletion;
export type AnyChatCompletionChunk = OpenAI.ChatCompletionChunk;
export type AnyChatCompletionRequest = OpenAI.ChatCompletionCreateParamsNonStreaming;
export type AnyChatCompletionRequestStreaming = OpenAI.ChatCompletionCreateParamsStreaming;
export type AnyResponse = OpenAI.Responses.Response;
export type AnyResponseEvent = OpenAI.Responses.ResponseStreamEvent;
export type AnyResponseRequest = OpenAI.Responses.ResponseCreateParamsNonStreaming;
export type AnyResponseRequestStreaming = OpenAI.Responses.ResponseCreateParamsStreaming;
export type AnyEmbeddings = OpenAI.CreateEmbeddingResponse;
export type AnyModel = OpenAI.Model;
export type AnyImages = OpenAI.ImagesResponse;
export type AnyImageEvent = OpenAI.ImageGenStreamEvent;
export type AnyTranscription = OpenAI.Audio.Transcription;
export type AnyTranscriptionVerbose = OpenAI.Audio.TranscriptionVerbose;
export type AnyTranscriptionEvent = OpenAI.Audio.TranscriptionStreamEvent;
export type AnyVideo = OpenAI.Videos.Video;
export type AnyVideoDeleted = OpenAI.Videos.VideoDeleteResponse;
export type AnyFailure = { error: OpenAI.ErrorObject };

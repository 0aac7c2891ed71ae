namespace AiOrchestrator.MockUpstream;

/// <summary>The OpenAI wire format of chat answers, written by hand: this is the mock's hot path.</summary>
internal static class ChatJson
{
    public static void Whole(Utf8Out json, ChatCall call, in AnswerPlan plan)
    {
        Head(json, call, "chat.completion"u8);
        json.Raw(",\"choices\":["u8);
        for (var choice = 0; choice < call.Request.Choices; choice++)
        {
            if (choice > 0) json.Raw(","u8);
            json.Raw("{\"index\":"u8).Number(choice).Raw(",\"message\":{\"role\":\"assistant\",\"content\":"u8);
            Message(json, call, choice, plan);
            json.Raw(",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\""u8).Raw(plan.FinishReason).Raw("\"}"u8);
        }

        json.Raw("]"u8);
        if (call.ReportsUsage)
        {
            json.Raw(",\"usage\":"u8);
            Usage(json, call, plan);
        }

        Echo(json, call);
        json.Raw(",\"system_fingerprint\":\"fp_mock\"}"u8);
    }

    private static void Message(Utf8Out json, ChatCall call, int choice, in AnswerPlan plan)
    {
        if (plan.Tool is null)
        {
            json.Raw("\""u8);
            Pieces(json, plan);
            json.Raw("\""u8);
            return;
        }

        json.Raw("null,\"tool_calls\":["u8);
        ToolHead(json, call, choice, plan.Tool);
        Pieces(json, plan);
        json.Raw("\"}}]"u8);
    }

    private static void Pieces(Utf8Out json, in AnswerPlan plan)
    {
        foreach (var piece in plan.Pieces.AsSpan(0, plan.Count)) json.Raw(piece);
    }

    /// <summary>Everything of a chunk before the delta; the caller keeps it and writes deltas after it.</summary>
    public static void ChunkHead(Utf8Out json, ChatCall call)
    {
        json.Raw("data: "u8);
        Head(json, call, "chat.completion.chunk"u8);
        json.Raw(",\"system_fingerprint\":\"fp_mock\""u8);
        Echo(json, call);
        if (call.Request.IncludeUsage) json.Raw(",\"usage\":null"u8);
        json.Raw(",\"choices\":[{\"index\":"u8);
    }

    public static void RoleDelta(Utf8Out json, ChatCall call, int choice, in AnswerPlan plan)
    {
        json.Number(choice).Raw(",\"delta\":{\"role\":\"assistant\",\"content\":"u8);
        if (plan.Tool is null)
        {
            json.Raw("\"\",\"refusal\":null}"u8);
        }
        else
        {
            json.Raw("null,\"tool_calls\":["u8);
            ToolHead(json, call, choice, plan.Tool, index: true);
            json.Raw("\"}}]}"u8);
        }

        json.Raw(",\"logprobs\":null,\"finish_reason\":null}]}\n\n"u8);
    }

    public static void PieceDelta(Utf8Out json, int choice, in AnswerPlan plan, int piece)
    {
        json.Number(choice).Raw(plan.Tool is null
            ? ",\"delta\":{\"content\":\""u8
            : ",\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\""u8);
        json.Raw(plan.Pieces[piece]);
        json.Raw(plan.Tool is null ? "\"}"u8 : "\"}}]}"u8);
        json.Raw(",\"logprobs\":null,\"finish_reason\":null}]}\n\n"u8);
    }

    public static void FinishDelta(Utf8Out json, int choice, in AnswerPlan plan) =>
        json.Number(choice).Raw(",\"delta\":{},\"logprobs\":null,\"finish_reason\":\""u8)
            .Raw(plan.FinishReason).Raw("\"}]}\n\n"u8);

    public static void UsageChunk(Utf8Out json, ChatCall call, in AnswerPlan plan)
    {
        json.Raw("data: "u8);
        Head(json, call, "chat.completion.chunk"u8);
        json.Raw(",\"system_fingerprint\":\"fp_mock\""u8);
        Echo(json, call);
        json.Raw(",\"choices\":[],\"usage\":"u8);
        Usage(json, call, plan);
        json.Raw("}\n\n"u8);
    }

    public static void Usage(Utf8Out json, ChatCall call, in AnswerPlan plan)
    {
        if (call.UsageOverride is { } usage)
        {
            json.Raw(usage);
            return;
        }

        var completion = plan.Count * call.Request.Choices;
        json.Raw("{\"prompt_tokens\":"u8).Number(call.Request.PromptTokens)
            .Raw(",\"completion_tokens\":"u8).Number(completion)
            .Raw(",\"total_tokens\":"u8).Number(call.Request.PromptTokens + completion)
            .Raw(",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":"u8)
            .Raw("{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"u8);
    }

    public static void Error(Utf8Out json, string message, string type, string? code)
    {
        json.Raw("{\"error\":{\"message\":\""u8).Text(message).Raw("\",\"type\":\""u8).Text(type).Raw("\",\"param\":null,\"code\":"u8);
        if (code is null) json.Raw("null"u8);
        else json.Raw("\""u8).Text(code).Raw("\""u8);
        json.Raw("}}"u8);
    }

    private static void Head(Utf8Out json, ChatCall call, ReadOnlySpan<byte> kind) =>
        json.Raw("{\"id\":\"chatcmpl-mock-"u8).Number(call.Number).Raw("\",\"object\":\""u8).Raw(kind)
            .Raw("\",\"created\":"u8).Number(call.CreatedUnix).Raw(",\"model\":\""u8).Text(call.Request.Model).Raw("\""u8);

    private static void Echo(Utf8Out json, ChatCall call)
    {
        if (call.Request.Echo is { } echo) json.Raw(",\"x_mock_echo\":"u8).Raw(echo);
        if (call.Behaviour.ServiceTier is { } tier) json.Raw(",\"service_tier\":\""u8).Text(tier).Raw("\""u8);
    }

    private static void ToolHead(Utf8Out json, ChatCall call, int choice, string tool, bool index = false)
    {
        json.Raw("{"u8);
        if (index) json.Raw("\"index\":0,"u8);
        json.Raw("\"id\":\"call_mock_"u8).Number(call.Number).Raw("_"u8).Number(choice)
            .Raw("\",\"type\":\"function\",\"function\":{\"name\":\""u8).Text(tool).Raw("\",\"arguments\":\""u8);
    }
}

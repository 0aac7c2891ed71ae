using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Arguments of a function that Vertex AI streams value by value, each with its place (<c>$.recipe.steps[0]</c>), made into one JSON text
/// (https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling). Values come in the order of the text: what has been
/// left is not returned to, so that only the way to the last value is kept.
/// </summary>
internal sealed class GeminiPartialArgs
{
    /// <summary>A path is as deep as a schema; beyond this it is no schema's.</summary>
    private const int MaxDepth = 128;

    private readonly ArrayBufferWriter<byte> _json = new();
    private List<string> _at = [];
    private bool _isStringOpen;

    /// <summary>Takes in one value, or a piece of a text.</summary>
    /// <returns>False where it is not what the format says.</returns>
    public bool Add(JsonElement value)
    {
        if (value.TextOf("jsonPath"u8) is not { } text || Path(text) is not { Count: > 0 and <= MaxDepth } path)
        {
            return false;
        }

        var isString = value.Member("stringValue"u8, JsonValueKind.String) is not null;
        if (!(_isStringOpen && isString && path.SequenceEqual(_at, StringComparer.Ordinal)))
        {
            GoTo(path);
            if (!isString)
            {
                return WriteScalar(value);
            }

            _json.Write("\""u8);
            _isStringOpen = true;
        }

        _json.Write(value.InsideOf("stringValue"u8));
        if (value.FlagOf("willContinue"u8) != true)
        {
            EndString();
        }

        return true;
    }

    /// <summary>Closes what stands open.</summary>
    public void End()
    {
        EndString();
        Leave(0);
        if (_at.Count > 0)
        {
            _json.Write(Closing(_at[0]));
        }

        _at = [];
    }

    /// <summary>The JSON since the last time, as the inside of a JSON string.</summary>
    public ReadOnlySpan<byte> Take()
    {
        var taken = _json.WrittenCount == 0 ? default : ChatJson.Quoted(_json.WrittenSpan);
        _json.ResetWrittenCount();
        return taken;
    }

    /// <summary>Steps of a path: names, and numbers in brackets as <c>[0</c>; null where it is none.</summary>
    private static List<string>? Path(string text)
    {
        if (!text.StartsWith('$'))
        {
            return null;
        }

        var steps = new List<string>();
        for (var i = 1; i < text.Length;)
        {
            var isQuoted = text[i] == '[' && i + 1 < text.Length && text[i + 1] is '\'' or '"';
            var start = i + (isQuoted ? 2 : 1);
            var end = isQuoted ? text.IndexOf(text[i + 1], start) : text[i] == '[' ? text.IndexOf(']', start) : text.AsSpan(start).IndexOfAny('.', '[') is var next and >= 0 ? start + next : text.Length;
            if (end < start || text[i] is not ('.' or '['))
            {
                return null;
            }

            steps.Add(text[i] == '[' && !isQuoted ? text[i..end] : "." + text[start..end]);
            i = isQuoted ? end + 2 : text[i] == '[' ? end + 1 : end;
        }

        return steps;
    }

    private void GoTo(List<string> path)
    {
        EndString();
        var common = 0;
        while (common < path.Count - 1 && common < _at.Count - 1 && path[common] == _at[common])
        {
            common++;
        }

        if (_at.Count == 0)
        {
            _json.Write(Opening(path[0]));
        }
        else
        {
            Leave(common);
            _json.Write(","u8);
        }

        for (var i = common; i < path.Count; i++)
        {
            if (i > common)
            {
                _json.Write(Opening(path[i]));
            }

            if (path[i][0] == '.')
            {
                _json.Write("\""u8);
                _json.Write(ChatJson.Quoted(Encoding.UTF8.GetBytes(path[i][1..])));
                _json.Write("\":"u8);
            }
        }

        _at = path;
    }

    /// <summary>Closes all objects and arrays below a depth.</summary>
    private void Leave(int depth)
    {
        for (var i = _at.Count - 1; i > depth; i--)
        {
            _json.Write(Closing(_at[i]));
        }
    }

    private void EndString()
    {
        if (_isStringOpen)
        {
            _json.Write("\""u8);
            _isStringOpen = false;
        }
    }

    private bool WriteScalar(JsonElement value)
    {
        var scalar = value.Member("numberValue"u8, JsonValueKind.Number) ?? value.Member("boolValue"u8);
        if (scalar is { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } present)
        {
            _json.Write(JsonMarshal.GetRawUtf8Value(present));
            return true;
        }

        _json.Write("null"u8);
        return value.TryGetProperty("nullValue"u8, out _);
    }

    private static ReadOnlySpan<byte> Opening(string step) => step[0] == '.' ? "{"u8 : "["u8;

    private static ReadOnlySpan<byte> Closing(string step) => step[0] == '.' ? "}"u8 : "]"u8;
}

namespace AiOrchestrator.Core.Tests.Metering.Counting;

/// <summary>
/// The function-calling cases of npm gpt-tokenizer (src/fixtures/functionCallingTestCases.ts, MIT): requests to gpt-4o and the prompt tokens they
/// are known to take.
/// </summary>
internal static class FunctionCallingCases
{
    public static readonly (int Tokens, string Request)[] All =
    [
        (24, """{"model":"gpt-4o","messages":[{"role":"system","content":"You are a helpful, pattern-following assistant that translates corporate jargon into plain English."}]}"""),
        (20, """{"model":"gpt-4o","messages":[{"role":"system","name":"example_user","content":"New synergies will help drive top-line growth."}]}"""),
        (19, """{"model":"gpt-4o","messages":[{"role":"system","name":"example_assistant","content":"Things working well together will increase revenue."}]}"""),
        (27, """{"model":"gpt-4o","messages":[{"role":"system","name":"example_user","content":"Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."}]}"""),
        (24, """{"model":"gpt-4o","messages":[{"role":"system","name":"example_assistant","content":"Let's talk later when we're less busy about how to do better."}]}"""),
        (25, """{"model":"gpt-4o","messages":[{"role":"user","content":"This late pivot means we don't have time to boil the ocean for the client deliverable."}]}"""),
        (8, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}"""),
        (9, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello world"}]}"""),
        (8, """{"model":"gpt-4o","messages":[{"role":"system","content":"hello"}]}"""),
        (9, """{"model":"gpt-4o","messages":[{"role":"system","content":"hello:"}]}"""),
        (26, """{"model":"gpt-4o","messages":[{"role":"system","content":"# Important: you're the best robot"},{"role":"user","content":"hello robot"},{"role":"assistant","content":"hello world"}]}"""),
        (31, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"foo","parameters":{"type":"object","properties":{}}}]}"""),
        (32, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"foo","parameters":{"type":"object","properties":{}}}],"function_call":"none"}"""),
        (31, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"foo","parameters":{"type":"object","properties":{}}}],"function_call":"auto"}"""),
        (36, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"foo","parameters":{"type":"object","properties":{}}}],"function_call":{"name":"foo"}}"""),
        (35, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"foo","description":"Do a foo","parameters":{"type":"object","properties":{}}}]}"""),
        (45, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"bing_bong","description":"Do a bing bong","parameters":{"type":"object","properties":{"foo":{"type":"string"}}}}]}"""),
        (52, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"bing_bong","description":"Do a bing bong","parameters":{"type":"object","properties":{"foo":{"type":"string"},"bar":{"type":"number","description":"A number"}}}}]}"""),
        (64, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"bing_bong","description":"Do a bing bong","parameters":{"type":"object","properties":{"foo":{"type":"object","properties":{"bar":{"type":"string","enum":["a","b","c"]},"baz":{"type":"boolean"}}}}}}]}"""),
        (16, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello world"},{"role":"function","name":"do_stuff","content":"{}"}]}"""),
        (29, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello world"},{"role":"function","name":"do_stuff","content":"{\"foo\": \"bar\", \"baz\": 1.5}"}]}"""),
        (25, """{"model":"gpt-4o","messages":[{"role":"function","name":"dance_the_tango","content":"{\"a\": { \"b\" : { \"c\": false}}}"}]}"""),
        (27, """{"model":"gpt-4o","messages":[{"role":"assistant","content":"","function_call":{"name":"do_stuff","arguments":"{\"foo\": \"bar\", \"baz\": 1.5}"}}]}"""),
        (26, """{"model":"gpt-4o","messages":[{"role":"assistant","content":"","function_call":{"name":"do_stuff","arguments":"{\"foo\":\"bar\", \"baz\":\n\n 1.5}"}}]}"""),
        (36, """{"model":"gpt-4o","messages":[{"role":"system","content":"Hello"},{"role":"user","content":"Hi there"}],"functions":[{"name":"do_stuff","parameters":{"type":"object","properties":{}}}]}"""),
        (36, """{"model":"gpt-4o","messages":[{"role":"system","content":"Hello:"},{"role":"user","content":"Hi there"}],"functions":[{"name":"do_stuff","parameters":{"type":"object","properties":{}}}]}"""),
        (41, """{"model":"gpt-4o","messages":[{"role":"system","content":"Hello:"},{"role":"system","content":"Hello"},{"role":"user","content":"Hi there"}],"functions":[{"name":"do_stuff","parameters":{"type":"object","properties":{}}}]}"""),
        (51, """{"model":"gpt-4o","messages":[{"role":"system","content":"Hello:"},{"role":"system","content":"Hello"},{"role":"user","content":"Hi there"}],"functions":[{"name":"do_stuff","parameters":{"type":"object","properties":{}}},{"name":"do_other_stuff","parameters":{"type":"object","properties":{}}}]}"""),
        (58, """{"model":"gpt-4o","messages":[{"role":"system","content":"Hello:"},{"role":"system","content":"Hello"},{"role":"user","content":"Hi there"}],"functions":[{"name":"do_stuff","parameters":{"type":"object","properties":{}}},{"name":"do_other_stuff","parameters":{"type":"object","properties":{}}}],"function_call":{"name":"do_stuff"}}"""),
        (105, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"get_recipe","parameters":{"type":"object","required":["ingredients","instructions","time_to_cook"],"properties":{"ingredients":{"type":"array","items":{"type":"object","required":["name","unit","amount"],"properties":{"name":{"type":"string"},"unit":{"enum":["grams","ml","cups","pieces","teaspoons"],"type":"string"},"amount":{"type":"number"}}}},"instructions":{"type":"array","items":{"type":"string"},"description":"Steps to prepare the recipe (no numbering)"},"time_to_cook":{"type":"number","description":"Total time to prepare the recipe in minutes"}}}}]}"""),
        (45, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"function","description":"description","parameters":{"type":"object","properties":{"quality":{"type":"object","properties":{"pros":{"type":"array","items":{"type":"string"},"description":"Write 3 points why this text is well written"}}}}}}]}"""),
        (93, """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"function","description":"desctiption1","parameters":{"type":"object","description":"desctiption2","properties":{"mainField":{"type":"string","description":"description3"},"field number one":{"type":"object","description":"description4","properties":{"yesNoField":{"type":"string","description":"description5","enum":["Yes","No"]},"howIsInteresting":{"type":"string","description":"description6"},"scoreInteresting":{"type":"number","description":"description7"},"isInteresting":{"type":"string","description":"description8","enum":["Yes","No"]}}}}}}]}"""),
    ];
}

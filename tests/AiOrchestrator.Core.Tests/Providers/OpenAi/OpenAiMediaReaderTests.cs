using System.Text;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

public sealed class OpenAiMediaReaderTests
{
    [Theory]
    [InlineData("abc", 3)]
    [InlineData("Grüße", 5)]
    [InlineData("\U0001F600\U0001F600", 2)]
    [InlineData("\\u00e9\\n\\ud83d\\ude00", 3)]
    public void Characters_are_code_points_whatever_they_are_written_as(string input, long characters)
    {
        var facts = Read(ModelCall.Speech, $$"""{"model":"m","input":"{{input}}","speed":2,"stream_format":"sse"}""");
        Assert.Equal((characters, 2.0, true), (facts.Media.Characters, facts.Media.Speed, facts.Stream));
    }

    [Fact]
    public void What_an_image_costs_by_is_read()
    {
        var facts = Read(ModelCall.ImageGenerations, """{"model":"m","prompt":"a cat","n":3,"size":"1024x1536","quality":"auto","stream":true,"partial_images":2,"x":{"y":[1]},"user":"u"}""");
        Assert.Equal(("1024x1536", "auto", 2, 3, true, "u", 5L), (facts.Media.Size, facts.Media.Quality, facts.Media.PartialImages, facts.Choices, facts.Stream, facts.EndUser, facts.TextBytes));
    }

    [Theory]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m"}""", "prompt")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":""}""", "prompt")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a","size":"1/2"}""", "size")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a","size":"a;image=0"}""", "size")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a","quality":7}""", "quality")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a","quality":"q","quality":"r"}""", "quality")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a","n":0}""", "n")]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a","partial_images":4}""", "partial_images")]
    [InlineData(ModelCall.Speech, """{"model":"m"}""", "input")]
    [InlineData(ModelCall.Speech, """{"model":"m","input":["a"]}""", "input")]
    [InlineData(ModelCall.Speech, """{"model":"m","input":"a","speed":0.1}""", "speed")]
    [InlineData(ModelCall.Speech, """{"input":"a"}""", "model")]
    [InlineData(ModelCall.Videos, """{"model":"m"}""", "prompt")]
    [InlineData(ModelCall.Videos, """{"prompt":["a"]}""", "prompt")]
    [InlineData(ModelCall.Videos, """{"prompt":"a","seconds":0}""", "seconds")]
    [InlineData(ModelCall.Videos, """{"prompt":"a","seconds":"4.5"}""", "seconds")]
    [InlineData(ModelCall.Videos, """{"prompt":"a","size":"a=0"}""", "size")]
    [InlineData(ModelCall.Videos, """{"prompt":"a","n":2}""", "n")]
    [InlineData(ModelCall.Videos, """{"prompt":"a","n_variants":"3"}""", "n_variants")]
    [InlineData(ModelCall.VideoRemixes, """{"prompt":"a","model":"m"}""", "model")]
    [InlineData(ModelCall.VideoRemixes, """{"prompt":"a","seconds":"8"}""", "seconds")]
    [InlineData(ModelCall.VideoRemixes, """{"prompt":""}""", "prompt")]
    public void What_is_wrong_is_named(ModelCall call, string body, string param) =>
        Assert.Equal(param, OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), call, new RequestFacts())?.Param);

    [Fact]
    public void A_form_is_read_where_it_stands_and_only_its_model_is_edited()
    {
        const string Type = "multipart/form-data; boundary=\"a b\"";
        var form = Encoding.UTF8.GetBytes(
            "--a b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n--a\r\n\r\nb\r\n--a b\r\ncontent-disposition: form-data; name=model\r\n\r\nmine\r\n--a b\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\nsrt\r\n--a b--\r\n");
        var facts = new RequestFacts();
        Assert.Null(OpenAiFormReader.Read(form, Type, ModelCall.Transcriptions, facts));
        Assert.Equal(("mine", true), (facts.Model, facts.Media.IsText));
        Assert.Equal("--a\r\n\r\nb", Encoding.UTF8.GetString(form.AsSpan(facts.Media.File.Start, facts.Media.File.Length)));
        Assert.Equal("mine", Encoding.UTF8.GetString(form.AsSpan(facts.ModelRange.Start, facts.ModelRange.Length)));
    }

    [Fact]
    public void No_form_whatever_makes_it_fail()
    {
        var random = new Random(11);
        var pieces = new[] { "--b", "\r\n", "--", "Content-Disposition: form-data; name=\"model\"", "\r\n\r\n", "name=", "\"", "x", "\u00e9", ";" };
        for (var i = 0; i < 5_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            _ = OpenAiFormReader.Read(Encoding.UTF8.GetBytes("--b" + text), "multipart/form-data; boundary=b", i % 2 == 0 ? ModelCall.Transcriptions : ModelCall.Videos, new RequestFacts());
        }
    }

    private static RequestFacts Read(ModelCall call, string body)
    {
        var facts = new RequestFacts();
        Assert.Null(OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), call, facts));
        return facts;
    }
}

using System.Text;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

public sealed class ModelClassifierTests
{
    private const string Good = """Sure! ```json {"category":"CODING","confidence":0.9,"complexity":"high","reason":"it names a method"} ```""";
    private static readonly Classification Unsure = new(TaskCategory.Medium, 0.3, "r", TaskComplexity.Medium, "en", 12, CallNeeds.Json);

    [Fact]
    public async Task A_model_is_asked_where_the_classifier_that_ships_is_unsure()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));

        var found = await scene.SayAsync("rename this method", Unsure);

        Assert.Equal(Unsure with { Category = TaskCategory.Coding, Confidence = 0.9, Complexity = TaskComplexity.High, Reason = "llama-3.2-3b-preview says: it names a method" }, found);
        Assert.Equal(("org_1", "llama-3.2-3b-preview"), scene.Asked.Single());
    }

    [Theory]
    [InlineData(false, 0.3)]
    [InlineData(true, 0.5)]
    [InlineData(true, 0.9)]
    public async Task It_is_not_asked_where_it_was_not_switched_on_or_nothing_is_unsure(bool enabled, double confidence)
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(enabled));
        var sure = Unsure with { Confidence = confidence };

        Assert.Same(sure, await scene.SayAsync("rename this method", sure));
        Assert.Empty(scene.Asked);
    }

    [Fact]
    public async Task What_it_said_of_a_text_holds_for_a_while_and_is_asked_anew_on_request()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true, CacheTtlSeconds: 60));
        await scene.SayAsync("one", Unsure);
        scene.Time.Advance(59_000);
        await scene.SayAsync("one", Unsure);
        Assert.Single(scene.Asked);

        await scene.SayAsync("one", Unsure, again: true);
        Assert.Equal(2, scene.Asked.Count);

        scene.Time.Advance(60_000);
        await scene.SayAsync("one", Unsure);
        Assert.Equal(3, scene.Asked.Count);
    }

    [Fact]
    public async Task So_many_texts_are_kept_and_the_one_longest_unused_goes_first()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true, CacheEntries: 2));
        foreach (var text in new[] { "one", "two", "one", "three", "one", "two" })
        {
            await scene.SayAsync(text, Unsure);
        }

        Assert.Equal(4, scene.Asked.Count);
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("{\"category\":\"none\",\"confidence\":0.5}")]
    [InlineData("{\"category\":\"coding\",\"confidence\":7}")]
    [InlineData("{\"category\":\"coding\"}")]
    [InlineData("{\"category\":\"\\ud800\",\"confidence\":0.5}")]
    [InlineData("{\"category\":")]
    [InlineData("")]
    public async Task Where_its_answer_cannot_be_read_the_word_of_the_one_that_ships_stands(string answer)
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));
        scene.Answer = (_, _) => Task.FromResult<Result<string>>(answer);

        Assert.Same(Unsure, await scene.SayAsync("one", Unsure));
    }

    [Fact]
    public async Task After_a_failure_of_its_provider_it_is_left_alone_for_half_a_minute()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));
        scene.Answer = static (_, _) => Task.FromResult<Result<string>>(new UpstreamFailed("p", 500));
        Assert.Same(Unsure, await scene.SayAsync("one", Unsure));
        scene.Answer = static (_, _) => throw new HttpRequestException("down");
        scene.Time.Advance(29_999);
        Assert.Same(Unsure, await scene.SayAsync("two", Unsure));
        Assert.Single(scene.Asked);

        scene.Time.Advance(1);
        Assert.Same(Unsure, await scene.SayAsync("two", Unsure));
        Assert.Equal(2, scene.Asked.Count);
    }

    public static TheoryData<string, Func<Result<string>>> NoFaultOfTheModel() => new()
    {
        { "the question of this caller was refused", static () => new ConcurrentChange() },
        { "this text was refused", static () => new UpstreamRefused("p", 400) },
        { "this text was answered with something else", static () => "no json" },
        { "this text could not be asked about", static () => throw new InvalidOperationException("half a surrogate pair") },
        { "nothing could be written down", static () => throw new IOException("the journal is silent") },
    };

    [Theory]
    [MemberData(nameof(NoFaultOfTheModel))]
    public async Task What_is_no_failure_of_its_provider_silences_it_for_nobody_else(string what, Func<Result<string>> answer)
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));
        scene.Answer = (_, _) => Task.FromResult(answer());

        Assert.Same(Unsure, await scene.SayAsync("one", Unsure));
        scene.Answer = static (_, _) => Task.FromResult<Result<string>>(Good);

        Assert.True((await scene.SayAsync("two", Unsure)).Category == TaskCategory.Coding, what);
    }

    [Theory]
    [InlineData(502, true)]
    [InlineData(429, true)]
    [InlineData(400, false)]
    public async Task A_provider_that_refuses_everybody_is_left_alone(int status, bool pauses)
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));
        scene.Answer = (_, _) => Task.FromResult<Result<string>>(status == 502 ? new UpstreamUnreachable("p") : new UpstreamRefused("p", status));

        await scene.SayAsync("one", Unsure);
        await scene.SayAsync("two", Unsure);

        Assert.Equal(pauses ? 1 : 2, scene.Asked.Count);
    }

    [Fact]
    public async Task Whoever_asks_for_it_gets_its_word_however_sure_the_one_that_ships_is()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));

        Assert.Equal(TaskCategory.Coding, (await scene.SayAsync("one", Unsure with { Confidence = 1 }, again: true)).Category);
        Assert.Single(scene.Asked);
    }

    [Fact]
    public async Task A_call_waits_no_longer_than_was_said_and_then_the_question_is_withdrawn()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true, TimeoutMs: 200));
        var withdrawn = new TaskCompletionSource();
        scene.Answer = async (_, cancellation) =>
        {
            await using var told = cancellation.Register(withdrawn.SetResult);
            await withdrawn.Task;
            return Good;
        };

        var waiting = scene.SayAsync("one", Unsure);
        Assert.Equal(1, scene.Time.TimersSet);
        scene.Time.Advance(200);

        Assert.Same(Unsure, await waiting);
        await withdrawn.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Whoever_hangs_up_ends_the_question()
    {
        var scene = await Scene.StartAsync(new ClassifierSettings(Enabled: true));
        using var gone = new CancellationTokenSource();
        scene.Answer = static async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return Good;
        };
        var waiting = scene.SayAsync("one", Unsure, cancellation: gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void It_is_shown_the_beginning_and_the_end_of_a_long_text_between_marks()
    {
        var prompt = ModelAnswer.Prompt(new string('a', 50_000) + "the end");

        Assert.InRange(prompt.Length, 4_000, 6_000);
        Assert.EndsWith("the end\n>>>\n", prompt, StringComparison.Ordinal);
        Assert.All(TaskCategories.Words, word => Assert.Contains(word + ":", prompt, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1_999)]
    [InlineData(2_000)]
    public void What_it_is_shown_of_a_long_text_ends_and_begins_between_characters(int before)
    {
        var prompt = ModelAnswer.Prompt(new string('a', before) + string.Concat(Enumerable.Repeat("\U0001F600", 3_000)));

        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(prompt)));
    }

    private sealed class Scene
    {
        private readonly ModelClassifier _classifier;

        private Scene(PartDirectory<StoredClassifier, ClassifierSettings> settings) =>
            _classifier = new ModelClassifier(settings, Time, (caller, model, prompt, _, cancellation) =>
            {
                Asked.Add((caller.OrganisationId, model));
                return Answer(prompt, cancellation);
            });

        public SteppedTime Time { get; } = new();

        public List<(string Organisation, string Model)> Asked { get; } = [];

        public Func<string, CancellationToken, Task<Result<string>>> Answer { get; set; } = static (_, _) => Task.FromResult<Result<string>>(Good);

        public static async Task<Scene> StartAsync(ClassifierSettings settings)
        {
            var directory = new PartDirectory<StoredClassifier, ClassifierSettings>(new MemoryDocumentStore(), new PartKind<StoredClassifier, ClassifierSettings>(
                "classifier", ClassifyingJson.Default.StoredClassifier, static _ => StoredClassifier.Id, static (_, own) => own[0].Settings, static () => new ClassifierNotSet()));
            await directory.CreateAsync("org_1", new StoredClassifier(settings, 0), CancellationToken.None);
            return new Scene(directory);
        }

        public Task<Classification> SayAsync(string text, Classification embedded, bool again = false, CancellationToken cancellation = default) =>
            _classifier.ClassifyAsync(new Caller("org_1", null), new PromptText(text.AsMemory(), 0, 1, false), embedded, again, cancellation).AsTask();
    }
}

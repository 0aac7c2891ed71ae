using System.Collections.Frozen;
using AiOrchestrator.Core.Caching.Storage;

namespace AiOrchestrator.Core.Caching.Flushes;

/// <summary>An organisation's flushes, ready for calls: of each scope the number of the last.</summary>
internal sealed class FlushMarks
{
    private readonly long _all;
    private readonly FrozenDictionary<string, long> _namespaces;
    private readonly FrozenDictionary<string, long> _models;
    private readonly FrozenDictionary<(string Namespace, string Model), long> _modelsOf;
    private readonly FrozenDictionary<EntryName, long> _keys;

    /// <summary>Of what is stored.</summary>
    public FlushMarks(StoredFlushes stored)
    {
        Last = stored.Last;
        _all = stored.Marks.Where(static m => m.Scope == FlushScope.All).Select(static m => m.Number).DefaultIfEmpty().Max();
        _namespaces = Newest(stored, static s => s is { Namespace: not null, Key: null, Model: null }, static s => s.Namespace!).ToFrozenDictionary(StringComparer.Ordinal);
        _models = Newest(stored, static s => s is { Namespace: null, Model: not null }, static s => s.Model!).ToFrozenDictionary(StringComparer.Ordinal);
        _modelsOf = Newest(stored, static s => s is { Namespace: not null, Model: not null }, static s => (s.Namespace!, s.Model!)).ToFrozenDictionary();
        _keys = Newest(stored, static s => s is { Namespace: not null, Key: not null }, static s => new EntryName(s.Namespace!, s.Key!)).ToFrozenDictionary();
    }

    /// <summary>The number of the last; 0 where there was none.</summary>
    public long Last { get; }

    /// <summary>Whether an entry is dead. Does not allocate.</summary>
    /// <param name="name">The entry's.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="flushNumber">The last flush that was known when its call came.</param>
    public bool End(EntryName name, string model, long flushNumber) => flushNumber < Last
        && (flushNumber < _all
            || flushNumber < _namespaces.GetValueOrDefault(name.Namespace)
            || flushNumber < _models.GetValueOrDefault(model)
            || flushNumber < _modelsOf.GetValueOrDefault((name.Namespace, model))
            || flushNumber < _keys.GetValueOrDefault(name));

    private static Dictionary<TKey, long> Newest<TKey>(StoredFlushes stored, Func<FlushScope, bool> isOne, Func<FlushScope, TKey> key)
        where TKey : notnull =>
        stored.Marks.Where(m => isOne(m.Scope)).GroupBy(m => key(m.Scope)).ToDictionary(static g => g.Key, static g => g.Max(static m => m.Number));
}

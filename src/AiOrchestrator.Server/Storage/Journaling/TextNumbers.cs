using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Which texts and paths the batch being written has, by number. A small table without chains: two texts that fall on the same place
/// push each other out and are then written again, which costs bytes and nothing else. Most are found by reference.
/// </summary>
internal sealed class TextNumbers
{
    private const int Places = 1024;
    private readonly Place[] _places = new Place[Places];

    // Forgetting all is counting on: places of an earlier epoch are empty.
    private long _epoch = 1;
    private int _last;

    private struct Place
    {
        public object? Key;
        public long Epoch;
        public int Number;
    }

    /// <summary>The number of a text; false when it must be written, and is then known by the number it gets.</summary>
    public bool TryGet(string text, out int number)
    {
        ref var place = ref _places[Hash(text) % Places];
        if (place.Epoch == _epoch && (ReferenceEquals(place.Key, text) || (place.Key is string key && string.Equals(key, text))))
        {
            number = place.Number;
            return true;
        }

        number = Take(ref place, text);
        return false;
    }

    /// <summary>The same for a path; only the same list is the same path.</summary>
    public bool TryGet(IReadOnlyList<WalletShare> path, out int number)
    {
        ref var place = ref _places[(uint)RuntimeHelpers.GetHashCode(path) % Places];
        if (place.Epoch == _epoch && ReferenceEquals(place.Key, path))
        {
            number = place.Number;
            return true;
        }

        number = Take(ref place, path);
        return false;
    }

    /// <summary>Forgets all: the next text is number 1.</summary>
    public void Reset()
    {
        _epoch++;
        _last = 0;
    }

    private int Take(ref Place place, object key)
    {
        place = new Place { Key = key, Epoch = _epoch, Number = ++_last };
        return _last;
    }

    /// <summary>Ids differ in their last characters, other texts in their length: good enough, and a few nanoseconds.</summary>
    private static uint Hash(string text)
    {
        unchecked
        {
            var hash = (uint)text.Length;
            for (var i = Math.Max(0, text.Length - 4); i < text.Length; i++)
            {
                hash = (hash * 31) + text[i];
            }

            return hash * 0x9E3779B1 >> 16;
        }
    }
}

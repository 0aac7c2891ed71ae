namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>
/// Who is served next. The higher priority first; within one, wallets take turns, and of one wallet's calls the one that came first. Whoever waits for a
/// while rises by a priority, so nobody waits for ever. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Turns are those of start-time fair queueing (Goyal, Vin, Cheng 1996) with calls of one size: a wallet that comes late begins where the others are, it does
/// not catch up on what it did not ask for.
/// </remarks>
/// <param name="ageTimestamps">After so long a call rises by one priority, in units of the clock.</param>
internal sealed class QueueOrder(long ageTimestamps)
{
    private const int Classes = 3;

    /// <summary>So many wallets without a call in line may be remembered before those that make no difference are forgotten.</summary>
    private const int Remembered = 64;

    private readonly List<QueuedCall> _calls = [];
    private readonly long[] _served = new long[Classes];

    // The turn a wallet has next, where that is later than the last one served.
    private readonly Dictionary<(CallPriority Class, string WalletId), long> _turns = [];
    private long _order;

    /// <summary>In order of arrival.</summary>
    public IReadOnlyList<QueuedCall> Calls => _calls;

    /// <summary>A call's priority at a time.</summary>
    public CallPriority PriorityOf(QueuedCall call, long timestamp) =>
        (CallPriority)Math.Max(0, (long)call.Priority - (Math.Max(0, timestamp - call.JoinedTimestamp) / ageTimestamps));

    /// <summary>Puts a call behind those of its wallet that came before it.</summary>
    public void Add(QueuedCall call)
    {
        call.Order = ++_order;
        _calls.Insert(_calls.FindLastIndex(c => c.ArrivedTimestamp <= call.ArrivedTimestamp) + 1, call);
    }

    /// <summary>Takes a call out; false where it is not in line.</summary>
    public bool Remove(QueuedCall call)
    {
        var index = _calls.FindIndex(c => ReferenceEquals(c, call));
        if (index < 0)
        {
            return false;
        }

        _calls.RemoveAt(index);
        if (_calls.Count == 0)
        {
            _turns.Clear();
            Array.Clear(_served);
        }

        return true;
    }

    /// <summary>Whether a call that came now with a priority would have somebody before it.</summary>
    public bool StandsBefore(CallPriority priority, long timestamp) => _calls.Exists(c => PriorityOf(c, timestamp) <= priority);

    /// <summary>Who is next; null where nobody waits.</summary>
    public QueuedCall? First(long timestamp)
    {
        Rank? best = null;
        foreach (var rank in Ranks(timestamp))
        {
            best = best is { } before && Rank.Compare(before, rank) <= 0 ? best : rank;
        }

        return best?.Call;
    }

    /// <summary>Where a call stands, 1 for the first.</summary>
    public int PositionOf(QueuedCall call, long timestamp)
    {
        var ranks = Ranks(timestamp);
        var own = ranks.Find(r => ReferenceEquals(r.Call, call));
        return ranks.Count(r => Rank.Compare(r, own) < 0) + 1;
    }

    /// <summary>All, in the order in which they are served if nothing changes.</summary>
    public IEnumerable<QueuedCall> Sorted(long timestamp)
    {
        var ranks = Ranks(timestamp);
        ranks.Sort(Rank.Compare);
        return ranks.Select(static r => r.Call);
    }

    /// <summary>Takes out a call that is served: its wallet has had its turn.</summary>
    public void Serve(QueuedCall call, long timestamp)
    {
        var priority = PriorityOf(call, timestamp);
        var turn = TurnOf(priority, call.WalletId);
        _served[(int)priority] = turn;
        _turns[(priority, call.WalletId)] = turn + 1;
        _ = Remove(call);
        if (_turns.Count > _calls.Count + Remembered)
        {
            foreach (var past in _turns.Where(t => t.Value <= _served[(int)t.Key.Class]).Select(static t => t.Key).ToList())
            {
                _turns.Remove(past);
            }
        }
    }

    private long TurnOf(CallPriority priority, string walletId) => Math.Max(_turns.GetValueOrDefault((priority, walletId)), _served[(int)priority]);

    private List<Rank> Ranks(long timestamp)
    {
        var ranks = new List<Rank>(_calls.Count);
        var next = new Dictionary<(CallPriority Class, string WalletId), long>();
        foreach (var call in _calls)
        {
            var priority = PriorityOf(call, timestamp);
            var key = (priority, call.WalletId);
            var turn = next.TryGetValue(key, out var known) ? known : TurnOf(priority, call.WalletId);
            next[key] = turn + 1;
            ranks.Add(new Rank(priority, turn, call));
        }

        return ranks;
    }

    private readonly record struct Rank(CallPriority Priority, long Turn, QueuedCall Call)
    {
        public static int Compare(Rank x, Rank y) => x.Priority != y.Priority ? x.Priority.CompareTo(y.Priority)
            : x.Turn != y.Turn ? x.Turn.CompareTo(y.Turn)
            : x.Call.ArrivedTimestamp != y.Call.ArrivedTimestamp ? x.Call.ArrivedTimestamp.CompareTo(y.Call.ArrivedTimestamp)
            : x.Call.Order.CompareTo(y.Call.Order);
    }
}

using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Ledger.Tests.Wallets;

/// <summary>
/// Random holders against one wallet, audited by a few lines of arithmetic of their own after every step. A failing seed replays exactly.
/// </summary>
public sealed class WalletProperties
{
    [Fact]
    public void Whatever_arrives_in_whatever_order_commitments_stay_within_limit_and_overrun_and_every_dollar_is_conserved()
    {
        for (var seed = 1; seed <= 3_000; seed++)
        {
            new Run(seed).Play(steps: 60);
        }
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Wallet _wallet = new("w", 10_000, new LeaseTerms(CallMaxMs: 60_000));
        private readonly List<Holder> _holders = [];
        private readonly List<LeaseReport> _sent = [];
        private long _now = 1_000_000_000;
        private long _limit = 10_000;

        public void Play(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                Step();
                Audit(step);
            }

            Quiesce();
        }

        private void Step()
        {
            _now += _random.Next(0, 5_000);
            switch (_random.Next(10))
            {
                case 0 when _holders.Count < 6:
                    _holders.Add(new Holder { Id = (UInt128)(ulong)(_holders.Count + 1) });
                    break;
                case 1 when _sent.Count > 0:
                    // Lost, late or repeated: an old message arrives (again).
                    _wallet.Exchange(_sent[_random.Next(_sent.Count)], _now);
                    break;
                case 2:
                    _limit = _random.Next(0, 20_000);
                    Assert.Equal(WalletCommandOutcome.Applied, _wallet.Apply(new WalletCommand.ChangeLimit(_limit)));
                    break;
                case 3:
                    _now += _random.Next(0, 200_000);
                    break;
                default:
                    if (_holders.Count > 0)
                    {
                        Exchange(_holders[_random.Next(_holders.Count)], deliver: _random.Next(8) > 0);
                    }

                    break;
            }
        }

        /// <summary>A holder that spends only what it was granted, takes back only what it offers, and tells the truth.</summary>
        private void Exchange(Holder holder, bool deliver)
        {
            holder.Spent += _random.NextInt64(0, Math.Max(1, holder.Granted - holder.Spent + 1));
            var target = _random.Next(0, 3_000);
            holder.Granted = Math.Min(holder.Granted, holder.Spent + Math.Max(target, 0));
            holder.Seq++;
            var report = new LeaseReport(
                holder.Id, holder.Seq, _now, holder.Spent, HeldNanoUsd: 0, target, _random.Next(3) == 0 ? target : 0, Closing: false);
            _sent.Add(report);
            if (!deliver)
            {
                return;
            }

            var reply = _wallet.Exchange(report, _now);
            if (reply.AppliedSeq == holder.Seq && reply.Outcome != LeaseOutcome.LeaseEnded)
            {
                holder.Granted = reply.GrantedNanoUsd;
            }
        }

        private void Audit(int step)
        {
            var state = _wallet.Read();
            var committed = state.SpentNanoUsd + state.LeasedNanoUsd + state.SuspenseNanoUsd;
            Assert.True(committed <= _limit + state.OverrunNanoUsd, $"seed {seed}, step {step}: {committed} committed of {_limit}");
            Assert.True(
                state.OverrunNanoUsd == Math.Max(0, committed - _limit), $"seed {seed}, step {step}: overrun {state.OverrunNanoUsd}");
            var spendable = _holders.Sum(h => Math.Max(0, h.Granted - h.Spent));
            Assert.True(
                _holders.Sum(static h => h.Spent) + spendable <= state.SpentNanoUsd + state.LeasedNanoUsd + state.SuspenseNanoUsd,
                $"seed {seed}, step {step}: holders may spend more than the wallet answers for");
        }

        /// <summary>Everybody reports and closes: what the wallet says was spent is what was spent, and nothing stays out.</summary>
        private void Quiesce()
        {
            foreach (var holder in _holders)
            {
                holder.Seq++;
                _wallet.Exchange(new LeaseReport(holder.Id, holder.Seq, _now, holder.Spent, 0, 0, 0, Closing: true), _now);
            }

            var state = _wallet.Read();
            Assert.True(_holders.Sum(static h => h.Spent) == state.SpentNanoUsd, $"seed {seed}: spent {state.SpentNanoUsd}");
            Assert.True(state.LeasedNanoUsd == 0, $"seed {seed}: still leased {state.LeasedNanoUsd}");
        }
    }

    private sealed class Holder
    {
        public required UInt128 Id { get; init; }

        public long Seq { get; set; }

        public long Granted { get; set; }

        public long Spent { get; set; }
    }
}

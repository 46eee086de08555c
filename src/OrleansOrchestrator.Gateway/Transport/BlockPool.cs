using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Gateway.Transport;

/// <summary>
/// The memory blocks for the input and output of connections. Kestrel's own pool has blocks of 4 KiB and hands out the one that was
/// returned longest ago. Here a block has the size of a TLS record, so that one encryption sends many events, and the block returned
/// last, which is still in the processor's cache, is used next.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>The size of a block: the most payload of a TLS record.</summary>
    public const int BlockBytes = 16 * 1024;

    // A thread uses the shelf of its processor, and others only if that is empty.
    private readonly Shelf[] _shelves = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(static _ => new Shelf())];
    private volatile bool _isDisposed;

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <summary>The number of free blocks.</summary>
    internal int Ready => _shelves.Sum(static shelf => shelf.Count);

    /// <inheritdoc/>
    /// <returns>A whole block, whatever the size asked for.</returns>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        var own = Thread.GetCurrentProcessorId();
        for (var i = 0; i < _shelves.Length; i++)
        {
            if (_shelves[(own + i) % _shelves.Length].Take() is { } block)
                return block;
        }

        return new Block(this);
    }

    /// <summary>Releases the blocks that were not needed since the last trim.</summary>
    public void Trim()
    {
        foreach (var shelf in _shelves)
            shelf.Trim();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        foreach (var shelf in _shelves)
            shelf.Clear();
    }

    private void Return(Block block)
    {
        if (!_isDisposed)
            _shelves[Thread.GetCurrentProcessorId() % _shelves.Length].Put(block);
    }

    private sealed class Shelf
    {
        private readonly Lock _gate = new();
        private readonly Stack<Block> _blocks = new();

        // The smallest number of free blocks since the last trim.
        private int _spare;

        public int Count
        {
            get
            {
                lock (_gate)
                    return _blocks.Count;
            }
        }

        public Block? Take()
        {
            lock (_gate)
            {
                var found = _blocks.TryPop(out var block);
                _spare = Math.Min(_spare, _blocks.Count);
                return found ? block : null;
            }
        }

        public void Put(Block block)
        {
            lock (_gate)
                _blocks.Push(block);
        }

        public void Trim()
        {
            lock (_gate)
            {
                for (; _spare > 0; _spare--)
                    _blocks.Pop();
                _blocks.TrimExcess();
                _spare = _blocks.Count;
            }
        }

        public void Clear()
        {
            lock (_gate)
            {
                _blocks.Clear();
                _spare = 0;
            }
        }
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => pool.Return(this);
    }
}

using System.Security.Cryptography;
using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

public class MerkleTreeTests
{
    private static readonly Digest[] s_leaves = [.. Enumerable.Range(0, 70).Select(i => new Digest(SHA256.HashData([0, (byte)i])))];

    // RFC 6962 §2.1, written down a second time and as plainly as the RFC has it.
    private static Digest Naive(ReadOnlySpan<Digest> leaves)
    {
        if (leaves.Length == 0) return new Digest(SHA256.HashData([]));
        if (leaves.Length == 1) return leaves[0];
        var split = 1;
        while (split * 2 < leaves.Length) split *= 2;
        return new Digest(SHA256.HashData([1, .. Naive(leaves[..split]).AsSpan(), .. Naive(leaves[split..]).AsSpan()]));
    }

    [Fact]
    public void Root_OfTheTestVectorsOfCertificateTransparency_IsTheirs()
    {
        // The eight inputs and the roots after each that the Certificate Transparency reference implementations share.
        string[] inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        string[] roots =
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        using var hasher = new RecordHasher();
        var frontier = new MerkleFrontier(hasher);
        foreach (var (input, root) in inputs.Zip(roots))
        {
            frontier.Append(hasher.Leaf(Convert.FromHexString(input)));
            frontier.Root().ShouldBe(Digest.Parse(root));
        }
    }

    [Fact]
    public void Root_AnySize_IsTheDefinition()
    {
        using var hasher = new RecordHasher();
        var frontier = new MerkleFrontier(hasher);
        var nodes = new Nodes(s_leaves);
        frontier.Root().ShouldBe(Naive([]));
        for (var size = 1; size <= s_leaves.Length; size++)
        {
            frontier.Append(s_leaves[size - 1]);
            frontier.Root().ShouldBe(Naive(s_leaves.AsSpan(0, size)));
            MerkleTree.Root(size, nodes).ShouldBe(frontier.Root());

            var loaded = new MerkleFrontier(hasher);
            loaded.Load(size, nodes);
            loaded.Root().ShouldBe(frontier.Root());
        }
    }

    [Fact]
    public void InclusionProof_EveryLeafOfEverySize_VerifiesAndNothingElseDoes()
    {
        var nodes = new Nodes(s_leaves);
        for (var size = 1; size <= 40; size++)
        {
            var root = MerkleTree.Root(size, nodes);
            for (var index = 0; index < size; index++)
            {
                var proof = MerkleTree.InclusionProof(index, size, nodes);
                MerkleTree.VerifyInclusion(s_leaves[index], index, size, proof, root).ShouldBeTrue();

                MerkleTree.VerifyInclusion(s_leaves[index + 1], index, size, proof, root).ShouldBeFalse();
                MerkleTree.VerifyInclusion(s_leaves[index], index, size, proof, s_leaves[0]).ShouldBe(size == 1 && index == 0);
                for (var other = 0; other < size; other++)
                {
                    if (other != index) MerkleTree.VerifyInclusion(s_leaves[index], other, size, proof, root).ShouldBeFalse();
                }

                foreach (var mutated in Mutations(proof))
                {
                    MerkleTree.VerifyInclusion(s_leaves[index], index, size, mutated, root).ShouldBeFalse();
                }
            }
        }
    }

    [Fact]
    public void ConsistencyProof_EveryPairOfSizes_VerifiesAndNothingElseDoes()
    {
        var nodes = new Nodes(s_leaves);
        for (var second = 1; second <= 40; second++)
        {
            var secondRoot = MerkleTree.Root(second, nodes);
            for (var first = 0; first <= second; first++)
            {
                var firstRoot = MerkleTree.Root(first, nodes);
                var proof = MerkleTree.ConsistencyProof(first, second, nodes);
                MerkleTree.VerifyConsistency(first, firstRoot, second, secondRoot, proof).ShouldBeTrue($"{first} in {second}");

                MerkleTree.VerifyConsistency(first, s_leaves[50], second, secondRoot, proof).ShouldBeFalse();
                if (first > 0) MerkleTree.VerifyConsistency(first, firstRoot, second, s_leaves[50], proof).ShouldBeFalse();
                if (first < second && first > 0) MerkleTree.VerifyConsistency(second, secondRoot, first, firstRoot, proof).ShouldBeFalse();
                foreach (var mutated in Mutations(proof))
                {
                    MerkleTree.VerifyConsistency(first, firstRoot, second, secondRoot, mutated).ShouldBeFalse($"{first} in {second}");
                }
            }
        }
    }

    private static IEnumerable<IReadOnlyList<Digest>> Mutations(IReadOnlyList<Digest> proof)
    {
        yield return [.. proof, s_leaves[60]];
        yield return [s_leaves[60], .. proof];
        for (var i = 0; i < proof.Count; i++)
        {
            yield return [.. proof.Take(i), .. proof.Skip(i + 1)];
            for (var bit = 0; bit < 256; bit += 37)
            {
                var bytes = proof[i].ToArray();
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                yield return [.. proof.Take(i), new Digest(bytes), .. proof.Skip(i + 1)];
            }

            if (i > 0) yield return [.. proof.Take(i - 1), proof[i], proof[i - 1], .. proof.Skip(i + 1)];
        }
    }

    private sealed class Nodes(Digest[] leaves) : IMerkleNodes
    {
        public Digest Node(int level, long index) => Naive(leaves.AsSpan((int)(index << level), 1 << level));
    }
}

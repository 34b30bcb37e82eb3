using System.Text;
using StackExchange.Redis;

namespace Redis.Tests;

public class ValueTests
{
    [Fact]
    public void RedisValue_NumbersInAnyForm_AreOneValue()
    {
        RedisValue number = 42, text = "42", bytes = "42"u8.ToArray(), real = 42.0;
        new[] { text, bytes, real }.ShouldAllBe(other => other == number && other.GetHashCode() == number.GetHashCode());
        ((RedisValue)"042" == "42").ShouldBeTrue();
        ((RedisValue)"abc" == Encoding.UTF8.GetBytes("abc")).ShouldBeTrue();
        ((RedisValue)"abc" == "abd").ShouldBeFalse();
        ((RedisValue)ulong.MaxValue == ulong.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture)).ShouldBeTrue();
    }

    [Fact]
    public void RedisValue_NullAndEmpty_Differ()
    {
        (RedisValue.Null == RedisValue.EmptyString).ShouldBeFalse();
        RedisValue.Null.IsNullOrEmpty.ShouldBeTrue();
        RedisValue.EmptyString.HasValue.ShouldBeFalse();
        ((string?)RedisValue.Null).ShouldBeNull();
        ((string?)RedisValue.EmptyString).ShouldBe("");
        ((int)RedisValue.Null).ShouldBe(0);
        ((int?)RedisValue.Null).ShouldBeNull();
        ((RedisValue)(string?)null).IsNull.ShouldBeTrue();
        ((RedisValue)"").ShouldBe(RedisValue.EmptyString);
    }

    [Fact]
    public void RedisValue_Casts_ParseOrThrow()
    {
        ((long)(RedisValue)"-7").ShouldBe(-7);
        ((double)(RedisValue)"1.5").ShouldBe(1.5);
        ((double)(RedisValue)"+inf").ShouldBe(double.PositiveInfinity);
        ((bool)(RedisValue)1).ShouldBeTrue();
        ((string?)(RedisValue)1.25).ShouldBe("1.25");
        ((string?)(RedisValue)double.NegativeInfinity).ShouldBe("-inf");
        Should.Throw<InvalidCastException>(() => (int)(RedisValue)"abc");
        Should.Throw<InvalidCastException>(() => (bool)(RedisValue)2);
        Should.Throw<OverflowException>(() => (int)(RedisValue)long.MaxValue);
        ((RedisValue)"12x").TryParse(out long _).ShouldBeFalse();
        ((RedisValue)"12").TryParse(out int parsed).ShouldBeTrue();
        parsed.ShouldBe(12);
        ((RedisValue)5).IsInteger.ShouldBeTrue();
        ((RedisValue)"abc").StartsWith("ab").ShouldBeTrue();
    }

    [Fact]
    public void RedisKey_TextAndBytes_AreTheSameKey()
    {
        RedisKey text = "run:1", bytes = "run:1"u8.ToArray();
        text.ShouldBe(bytes);
        text.GetHashCode().ShouldBe(bytes.GetHashCode());
        ((string?)text.Append(":x").Prepend("p:")).ShouldBe("p:run:1:x");
        ((RedisKey)"1" == "01").ShouldBeFalse();
    }

    [Fact]
    public void RedisResult_Create_Converts()
    {
        var result = RedisResult.Create([1, "two", RedisValue.Null]);
        ((RedisValue[])result!).ShouldBe([1, "two", RedisValue.Null]);
        ((int)result[0]).ShouldBe(1);
        result[2].IsNull.ShouldBeTrue();
        Should.Throw<InvalidCastException>(() => (int)result);
        RedisResult.Create(["a", 1, "b", 2]).ToDictionary()["B"].ToString().ShouldBe("2");
    }

    [Fact]
    public void ConfigurationOptions_Parse_ReadsAndWritesTheString()
    {
        var options = ConfigurationOptions.Parse("redis:6380,[::1]:6379,user=me,password=p=w,ssl=true,abortConnect=false,connectRetry=5,asyncTimeout=1234,defaultDatabase=2,name=w1,protocol=resp3");
        options.EndPoints.Count.ShouldBe(2);
        (options.User, options.Password, options.Ssl, options.AbortOnConnectFail).ShouldBe(("me", "p=w", true, false));
        (options.ConnectRetry, options.AsyncTimeout, options.SyncTimeout, options.DefaultDatabase, options.ClientName).ShouldBe((5, 1234, 5000, 2, "w1"));
        options.Protocol.ShouldBe(RedisProtocol.Resp3);
        options.ToString(includePassword: false).ShouldContain("password=*****");
        ConfigurationOptions.Parse(options.ToString()).ToString().ShouldBe(options.ToString());
        Should.Throw<ArgumentException>(() => ConfigurationOptions.Parse("redis,nonsense=1")).Message.ShouldContain("nonsense");
        Should.Throw<ArgumentException>(() => ConfigurationOptions.Parse("redis,ssl=perhaps"));
        Should.Throw<ArgumentException>(() => ConfigurationOptions.Parse(" "));
    }
}

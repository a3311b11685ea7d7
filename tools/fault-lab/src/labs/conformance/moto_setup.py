"""Makes the bucket and two users, and prints their keys: one may do everything, one has the policy it is given."""
import boto3, json, sys

endpoint, policy = sys.argv[1:]
near = dict(endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
boto3.client("s3", **near).create_bucket(Bucket="lab")
iam = boto3.client("iam", **near)
whole = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
for name, document in (("whole", whole), ("device", policy)):
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="lab", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    print(key["AccessKeyId"], key["SecretAccessKey"])
